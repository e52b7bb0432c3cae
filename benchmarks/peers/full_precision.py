"""A GGUF file with all weights in fp32."""

from __future__ import annotations

from pathlib import Path

from gguf import GGUFReader, GGUFWriter, dequantize


def in_full_precision(gguf: Path, file: Path) -> Path:
    """Write a copy of a model in which each weight has the value that its quantised one stands for."""
    reader = GGUFReader(gguf)
    writer = GGUFWriter(file, reader.fields["general.architecture"].contents())
    for name, known in reader.fields.items():
        if not name.startswith("GGUF.") and name != "general.architecture":
            writer.add_key_value(name, known.contents(), known.types[0], known.types[-1] if known.types[1:] else None)
    for tensor in reader.tensors:
        writer.add_tensor(tensor.name, dequantize(tensor.data, tensor.tensor_type))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file

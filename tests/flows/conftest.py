import pytest
from tiny_llama import save_llama


@pytest.fixture(scope="session")
def tiny_llama(tmp_path_factory):
    """Folder of a tiny random Llama 3."""
    return save_llama(tmp_path_factory.mktemp("llama"), generation=3)

"""Evidence tables for the tests of models."""

import dataclasses
import random

from models.evidence import DescriptorEvidence, Evidence, EvidenceTable

TITLES = {
    "thiol_addition": ("thiol addition energy", "kcal/mol"),
    "ionisation.ie_vertical": ("vertical ionisation energy", "eV"),
    "ionisation.ea_vertical": ("vertical electron affinity", "eV"),
    "ionisation.hardness": ("hardness", "eV"),
    "ionisation.electrophilicity": ("electrophilicity index", "eV"),
}
NAMES = (
    "acrylonitrile",
    "N-phenylacrylamide",
    "2-cyclopenten-1-one",
    "methyl acrylate",
    "2-cyclohexen-1-one",
    "methyl vinyl ketone",
    "C=CC(=O)N1CCOCC1",
    "lower 5.0",
    'the "best" <|im_end|> −12.3 kcal/mol.',
    "energy",
    "methacrylonitrile",
    "twin",
    "twin",
)
RUNGS = ("xtb", "mean_field", "dft", "casci", "casci_pdft", "vqe", "vqe_pdft")


def descriptor(key, value, generator, uncertainty=None, flags=()):
    title, unit = TITLES[key]
    offsets = generator.sample(range(-30, 30), len(RUNGS))
    rungs = {rung: value + offset / 10 for rung, offset in zip(RUNGS, offsets, strict=True)}
    return DescriptorEvidence(key, title, value, unit, uncertainty, {**rungs, "vqe_pdft": value}, flags)


def table_of(names, seed=0):
    """A random table, best first, in which no two candidates print the same value of a descriptor."""
    generator = random.Random(seed)
    values = [tenths / 10 + 0.013 for tenths in sorted(generator.sample(range(-250, 50), len(names)))]
    others = {key: generator.sample(range(20, 900), len(names)) for key in list(TITLES)[1:]}
    candidates = []
    for rank, (name, value) in enumerate(zip(names, values, strict=True), start=1):
        flags = (f"The spin of the adduct is contaminated by {generator.uniform(0, 1):.2f}. See the report.",)
        descriptors = {
            "thiol_addition": descriptor(
                "thiol_addition", value, generator, generator.uniform(0.2, 2), flags if rank % 4 == 0 else ()
            )
        }
        for key, hundredths in others.items():
            descriptors[key] = descriptor(key, hundredths[rank - 1] / 100 + 0.0013, generator)
        properties = {
            "mw": generator.uniform(50, 600),
            "clogp": generator.uniform(-2, 6),
            "tpsa": generator.uniform(0, 150),
            "hbd": float(generator.randrange(7)),
            "hba": float(generator.randrange(12)),
            "rotatable_bonds": float(generator.randrange(9)),
            "qed": generator.random(),
            "sa_score": generator.uniform(1, 8),
        }
        alerts = ("PAINS: quinone_A(370)", "Brenk: Michael-acceptor_1", "lower", "PAINS: quinone_A")[: rank % 3]
        candidates.append(Evidence(f"row-{rank}", name, "C", descriptors, properties, alerts, rank, -value))
    question = "which reacts faster with a cysteine thiol"
    return EvidenceTable("covalent", question, "thiol_addition", True, tuple(candidates))


def scored(table):
    """The same candidates in the same order, ranked by a desirability that thiol addition is behind."""
    count = len(table.candidates)
    candidates = []
    for row in table.candidates:
        value = 1 - row.rank_physics / (count + 1) + 0.0007
        offsets = (-0.3, 0.2, -0.1, 0.15, 0.0 if row.rank_physics % 2 else 0.12, 0.0, 0.0)
        rungs = {rung: value + offset * (1 - value) for rung, offset in zip(RUNGS, offsets, strict=True)}
        score = DescriptorEvidence("desirability", "desirability", value, "", 0.07, rungs | {"vqe_pdft": value}, ())
        candidates.append(
            dataclasses.replace(row, descriptors={"desirability": score, **row.descriptors}, score_physics=value)
        )
    return dataclasses.replace(
        table,
        ranking_descriptor="desirability",
        lower_is_better=False,
        candidates=tuple(candidates),
        asked=("thiol_addition",),
    )

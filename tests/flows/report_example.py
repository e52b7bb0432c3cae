"""Example reports with clearly synthetic values: every number here is made up by a formula."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from rdkit import Chem
from rdkit.Chem import AllChem

from flows.report.document import (
    Claim,
    Descriptor,
    Desirability,
    Explanation,
    Failure,
    FaultTolerant,
    Llama,
    LlamaTrust,
    MeasuredCandidate,
    MeasuredEnergy,
    MeasuredSpecies,
    MeasuredValue,
    ModelSystem,
    Objective,
    Provenance,
    QuantumEffect,
    QuantumStep,
    RankChange,
    RankedCandidate,
    RejectedRow,
    ReportDocument,
    Rungs,
    RunTime,
    SpeciesRecord,
    Term,
)

WARHEADS = {
    "2-cyanoacrylamide": "N#CC(=C)C(N)=O",
    "vinyl sulfone (methyl)": "C=CS(C)(=O)=O",
    "1-penten-3-one": "C=CC(=O)CC",
    "maleimide, N-ethyl": "CCN1C(=O)C=CC1=O",
    "acrolein": "C=CC=O",
    "acrylonitrile": "C=CC#N",
    "N-phenylacrylamide": "C=CC(=O)Nc1ccccc1",
    "methyl acrylate": "C=CC(=O)OC",
    "acrylamide": "C=CC(N)=O",
    "N-methylacrylamide": "C=CC(=O)NC",
    "methacrylamide": "C=C(C)C(N)=O",
    "crotonamide": "CC=CC(N)=O",
}
HOSTILE = (
    "<script>window.hacked = 1</script>",
    "\"><img src=x onerror='window.hacked = 2'>",
    "</style></title><svg onload=window.hacked=3>",
    '=HYPERLINK("http://example.invalid")',
    "{{ 7 * 7 }}{% raw %}",
    "an-extremely-long-name-" + "x" * 150,
    "line one\nline two\n\n$$$$\n> <score>",
    "\u202egnp.exe \u2067mixed",
)
THIOLATE = "s-thiolate"


@cache
def molblock(smiles: str) -> str:
    """3D molfile."""
    molecule = Chem.AddHs(Chem.MolFromSmiles(smiles))
    AllChem.EmbedMolecule(molecule, randomSeed=7)
    return str(Chem.MolToMolBlock(molecule))


def species(
    key: str, label: str, smiles: str, charge: int = 0, energy: float = -250.0, trace: int = 24
) -> SpeciesRecord:
    """A ground state whose VQE comes down to CASCI by a factor an evaluation, and stops 0.02 to 0.2 mHa above it."""
    solvation = -0.012
    excess = 0.00002 * (1 + len(label) % 9)
    casci = energy + solvation
    return SpeciesRecord(
        hash=key,
        label=label,
        smiles=smiles,
        charge=charge,
        multiplicity=1,
        environment="water",
        n_electrons=4,
        n_orbitals=4,
        n_qubits=8,
        energy_hartree=Rungs(
            xtb=-20.1,
            mean_field=casci + 0.05,
            dft=casci - 1.2,
            casci=casci,
            casci_pdft=casci - 1.1,
            vqe=casci + excess,
            vqe_pdft=casci - 1.1 + excess,
        ),
        solvation_hartree=solvation,
        converged=not label.startswith("crotonamide"),
        gradient_norm=3e-5,
        n_parameters=26,
        n_evaluations=trace,
        s_squared=0.0,
        natural_occupations=(1.97, 1.93, 0.07, 0.03),
        orbital_entropies=(0.09, 0.16, 0.16, 0.09),
        mutual_information=(
            (0.0, 0.02, 0.01, 0.05),
            (0.02, 0.0, 0.1, 0.01),
            (0.01, 0.1, 0.0, 0.02),
            (0.05, 0.01, 0.02, 0.0),
        ),
        trace=tuple(energy + excess + 0.04 * 0.5**i for i in range(trace)),
        flags=("The VQE stopped at its limit of evaluations.",) if label.startswith("crotonamide") else (),
        wall_s={"geometry": 3.1, "mean_field": 8.4, "active_space": 0.2, "casci": 0.1, "vqe": 0.6, "pdft": 1.3},
        fault_tolerant=FaultTolerant(
            logical_qubits=300 + len(label), toffolis=2_000_000, norm_hartree=3.2, physical_qubits=900_000, seconds=52.0
        ),
    )


def candidate(rank: int, name: str, smiles: str, *, explained: bool = True, bare: bool = False) -> RankedCandidate:
    """The candidate at `rank`, with values that grow with the rank; `bare`: only what every candidate has."""
    value = -23.4 + 1.37 * rank
    wobble = 0.9 * ((rank * 7) % 5 - 2)
    addition = Descriptor(
        title="thiol addition energy",
        value=value,
        unit="kcal/mol",
        uncertainty=None if bare else 0.6 + 0.1 * (rank % 5),
        uncertainty_from={} if bare else {"methods": 0.6 + 0.1 * (rank % 5), "conformers": 0.0},
        equation="E[adduct] − E[candidate] − E[CH3S−]",
        species=() if bare else (f"s-{rank}-adduct", f"s-{rank}", THIOLATE),
        rungs=Rungs(vqe_pdft=value)
        if bare
        else Rungs(
            xtb=value - 7.5 + 1.7 * wobble,
            mean_field=value + 9.0 - wobble,
            dft=None if rank == 4 else value - 3.1 + 0.6 * wobble,
            casci=value + 14.2 + 2 * wobble,
            casci_pdft=value - 0.15 - (0.5 if rank == 5 else 0.0),
            vqe=value + 14.3 + 2 * wobble,
            vqe_pdft=value,
        ),
        flags=("The active spaces of the two sides differ by one orbital.",) if rank in (4, 9) else (),
    )
    omega = Descriptor(
        title="electrophilicity",
        value=2.31 - 0.09 * rank,
        unit="eV",
        uncertainty=0.05,
        uncertainty_from={"methods": 0.05},
        equation="(IE + EA)² / 8(IE − EA)",
        species=() if bare else (f"s-{rank}",),
        rungs=Rungs(
            xtb=2.9 - 0.07 * rank,
            mean_field=1.8 - 0.05 * rank,
            casci_pdft=2.3 - 0.09 * rank,
            vqe_pdft=2.31 - 0.09 * rank,
        ),
        flags=(),
    )
    text = (
        f"{name} adds methanethiolate with {value:.1f} kcal/mol, more readily than most of the library. "
        "Its electron-poor double bond has nothing bulky beside it, e.g. no methyl group. "
        f"The electrophilicity of {2.31 - 0.09 * rank:.2f} eV points the same way."
    )
    claims = (
        Claim(
            text=f"adds methanethiolate with {value:.1f} kcal/mol",
            descriptor="thiol_addition",
            relation="equals",
            value=value,
            compared_with=None,
            holds=True,
        ),
        Claim(
            text="points the same way",
            descriptor="ionisation.electrophilicity",
            relation="higher than",
            value=None,
            compared_with="row-9",
            holds=rank != 6,
        ),
    )
    source = "template" if rank == 3 else "llama"
    alerts = {4: ("PAINS: quinone_A(370)",), 5: ("Brenk: aldehyde", "Brenk: michael_acceptor_1")}
    measured = f"{4.1 - 0.21 * rank + 0.3 * wobble:.2f}"
    properties = {"mw": 71.08 + 9.3 * rank, "clogp": 0.2 * rank - 0.6, "tpsa": 43.1, "hbd": 1.0, "qed": 0.41}
    return RankedCandidate(
        id=f"row-{rank}",
        name=name,
        smiles=smiles,
        smiles_in_water=smiles,
        inchikey=Chem.MolToInchiKey(Chem.MolFromSmiles(smiles)),
        identity=Chem.MolToInchiKey(Chem.MolFromSmiles(smiles)),
        rank=rank,
        score=-value,
        rank_physics=rank,
        score_physics=-value,
        rank_llama=None if bare else 1 + (rank * 5) % 12,
        score_llama=None if bare else 2.0 - 0.2 * ((rank * 5) % 12),
        probability_top_k=None if bare else max(0.02, 1.05 - 0.15 * rank),
        columns={} if bare else {"family": "amide", "log10 k(GSH)": measured, "score": "-3", "note": "-"},
        properties={} if bare else properties,
        alerts=alerts.get(rank, ()),
        notes=("The salt's counter-ion was removed.",) if rank == 2 else (),
        molblock=None if bare else molblock(smiles),
        descriptors={"thiol_addition": addition, "ionisation.electrophilicity": omega},
        desirabilities=(
            Desirability(value=value + 15.0, uncertainty=addition.uncertainty or 0.0, desirability=0.8**rank),
            Desirability(value=None, uncertainty=0.0, desirability=1.0),
        ),
        model_system=ModelSystem(smiles="C=CC=O", atoms=(0, 1, 2), inner=(0, 1)) if rank == 7 else None,
        soft_spots={0: 88.0 + rank, 1: 104.0} if rank == 2 else {},
        explanation=Explanation(text=text, source=source, claims=claims) if explained else None,
    )


def document(candidates: tuple[RankedCandidate, ...], **changes: object) -> ReportDocument:
    """A report of `candidates` with their species; `changes` replace whole fields."""
    started = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
    states = [species(THIOLATE, "CH3S−", "C[S-]", -1, -437.6, 16)]
    for one in candidates:
        if one.descriptors.get("thiol_addition") and one.descriptors["thiol_addition"].species:
            states.append(species(f"s-{one.rank}", one.name, one.smiles, 0, -246.1, 20 + one.rank))
            states.append(species(f"s-{one.rank}-adduct", f"{one.name} + CH3S−", one.smiles, -1, -683.9, 31 + one.rank))
    request = {"library": "molecules/examples/warheads.smi", "objective": "covalent", "profile": "standard", "seed": 7}
    level = {
        "basis": "def2-svp",
        "functional": "hf",
        "dft_functional": "pbe0",
        "dft_density": "hf",
        "ontop_functional": "tPBE",
        "frontier": [4, 4],
        "ansatz": "uccsd",
        "n_conformers": 4,
    }
    report = ReportDocument(
        schema_version=1,
        request=request,
        provenance=Provenance(
            eigenlead="0.1.0",
            python="3.11.7",
            packages={"pyscf": "2.14.0", "rdkit": "2026.9.1", "qiskit": "2.6.2"},
            seed=7,
            profile="standard",
            level=level,
            llama=Llama(name="SmolLM2-135M-Instruct", hash="b179c952" * 8),
            started=started,
            finished=started + timedelta(minutes=11, seconds=52),
            host="example (2 cores)",
            wall_s=RunTime(chemistry=611.2, llama=96.4, total=712.0),
        ),
        objective=Objective(
            name="covalent",
            question="which reacts faster with a cysteine thiol",
            ranking_descriptor="thiol_addition",
            lower_is_better=True,
            terms=(
                Term(
                    value="thiol_addition",
                    title="thiol addition energy",
                    unit="kcal/mol",
                    relative_to="C=CC(=O)NC",
                    zero_below=-12.0,
                    one_from=-5.0,
                    one_to=2.0,
                    zero_above=8.0,
                    weight=3.0,
                    absent=None,
                    why="neither too reactive nor too sluggish",
                ),
                Term(
                    value="bond_dissociation.weakest",
                    title="weakest C–H bond's dissociation enthalpy",
                    unit="kcal/mol",
                    relative_to=None,
                    zero_below=75.0,
                    one_from=98.0,
                    one_to=None,
                    zero_above=None,
                    weight=1.0,
                    absent=1.0,
                    why="where oxidation begins",
                ),
            ),
            sorted_by="physics",
            sorted_because="How the Llama ranks has not been measured.",
        ),
        candidates=candidates,
        rejected=(
            RejectedRow(row=13, input="C1CC(=O", reason="A bracket is left open.", remedy="Close it."),
            RejectedRow(row=15, input="=cmd|' /C calc'!A0", reason="No molecule.", remedy="Write a SMILES first."),
        ),
        failed=(
            Failure(
                id="row-14",
                name="ethyl vinyl ketone oxime",
                species="ethyl vinyl ketone oxime + CH3S−",
                stage="geometry",
                reason="The adduct fell apart: the new C–S bond is 3.9 Å long.",
                remedy="Leave the molecule out, or try the profile accurate, which follows several conformers.",
            ),
        ),
        species=tuple(states),
        quantum_effect=QuantumEffect(
            kendall_tau={"xtb": 0.41, "mean_field": 0.68, "dft": 0.79, "casci": 0.24, "casci_pdft": 0.97, "vqe": 0.24},
            rank_changes=(RankChange(id="row-5", name="acrolein", rank_vqe_pdft=5, rank_casci_pdft=4),),
            sentence="The VQE moved one of 12 candidates by one place against the exact state; "
            "the active space, against DFT, moved five.",
        ),
        llama_trust=LlamaTrust(
            comparisons=132,
            order_consistency=0.83,
            position_bias=-0.04,
            kendall_tau_physics=0.36,
            sentence="The Llama gave the same answer in 83 % of swapped pairs, and agrees weakly with physics.",
        ),
    )
    return report.model_copy(update=changes)


def example(**changes: object) -> ReportDocument:
    """Twelve warheads."""
    names = enumerate(WARHEADS.items(), start=1)
    return document(
        tuple(candidate(rank, name, smiles, explained=rank <= 10) for rank, (name, smiles) in names),
        **{"quantum_step": quantum_step()} | changes,
    )


def hostile() -> ReportDocument:
    """Everything that a user can name is named to do harm."""
    ranked = []
    for rank, name in enumerate(HOSTILE, start=1):
        one = candidate(rank, name, "C=CC#N")
        columns = {
            name: name,
            "exp " + name: str(rank * rank),
            "rank": "-5.2",
            "input_rank": "+1+1",
            "score": "@SUM(A1)",
        }
        ranked.append(
            one.model_copy(update={"columns": columns, "alerts": (name,), "notes": (name,), "properties": {name: 1.0}})
        )
    return document(
        tuple(ranked),
        request={"library": f"/tmp/{HOSTILE[1]}.smi"},
        rejected=tuple(RejectedRow(row=1, input=name, reason=name, remedy=name) for name in HOSTILE),
        failed=tuple(
            Failure(id="row-1", name=name, species=name, stage=name, reason=name, remedy=name) for name in HOSTILE
        ),
    )


POISON = "=1+1\t@x;-y<img src=x onerror='window.hacked=1'><script>window.hacked=2</script>{{ 7 * 7 }}\"`|[a](//x.y)*b* "
_SHAPE = {
    "smiles",
    "smiles_in_water",
    "molblock",
    "source",
    "sorted_by",
    "started",
    "finished",
    "rungs",
    "energy_hartree",
    "kendall_tau",
}
"""Fields of a report that take no words."""


def poisoned() -> ReportDocument:
    """The example with every word of it, in every place, made to do harm: what there is and what there will be."""
    return ReportDocument.model_validate(_poisoned(example().model_dump(mode="json")))


def _poisoned(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            (key if key in ReportDocument.model_fields or key in _FIELDS or key.isdigit() else POISON + key): (
                inner if key in _SHAPE else _poisoned(inner)
            )
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_poisoned(inner) for inner in value]
    return POISON + value if isinstance(value, str) else value


_FIELDS = {name for one in ReportDocument.model_json_schema()["$defs"].values() for name in one.get("properties", ())}


def sparse() -> ReportDocument:
    """A single candidate of which the least is known, and no Llama."""
    return document(
        (candidate(1, "acrylonitrile", "C=CC#N", bare=True),), llama_trust=None, rejected=(), failed=(), species=()
    )


def quantum_step() -> QuantumStep:
    """Three candidates on a noisy device."""
    names = list(WARHEADS)[:3]

    def value(number: float, error: float, rank: int) -> MeasuredValue:
        return MeasuredValue(value=number, standard_error=error, score=0.9 - 0.1 * rank, rank=rank)

    def species(label: str, n_qubits: int) -> MeasuredSpecies:
        read = {"none": (0.245, 0.004), "readout": (0.09, 0.009), "readout+symmetry": (0.016, 0.004)}
        return MeasuredSpecies(
            hash=label,
            label=label,
            n_qubits=n_qubits,
            depth=211 if n_qubits else 0,
            two_qubit_gates=67 if n_qubits else 0,
            circuits=36 if n_qubits else 0,
            shots=100_000 if n_qubits else 0,
            exact_hartree=-170.1,
            energies={
                steps: MeasuredEnergy(value_hartree=-170.1 + above, standard_error_hartree=error)
                for steps, (above, error) in read.items()
            },
        )

    return QuantumStep(
        backend="ibm-fake:FakeTorino",
        mapping="parity-tapered",
        shots=100_000,
        value="thiol_addition.energy",
        title="thiol addition energy",
        unit="kcal/mol",
        candidates=tuple(
            MeasuredCandidate(
                id=f"row-{rank}",
                name=name,
                exact=value(-12.0 - rank, 0.0, rank),
                measured=value(31.0 + 8 * rank, 4.1, 4 - rank),
                mitigated=value(-9.0 - rank, 5.2, rank),
            )
            for rank, name in enumerate(names, start=1)
        ),
        species=(species("acrylonitrile", 5), species("acrylonitrile + CH3S-", 9), species("CH3S-", 0)),
        not_measured=(),
        kendall_tau={"measured": -1.0, "mitigated": 1.0},
        sentence="On ibm-fake:FakeTorino, without mitigation the values are off by up to 58 kcal/mol at standard "
        "errors up to 4.1 kcal/mol, and 2 of 3 change places; with it the values are off by up to 3 kcal/mol at "
        "standard errors up to 5.2 kcal/mol, and all keep their places.",
        wall_s=812.0,
    )


def empty() -> ReportDocument:
    """Nothing could be ranked."""
    effect = QuantumEffect(kendall_tau={}, rank_changes=(), sentence="There is no order to compare.")
    return document((), quantum_effect=effect, llama_trust=None)


def large(n: int = 400) -> ReportDocument:
    """`n` candidates, ten of them explained."""
    names = list(WARHEADS.items())
    return document(
        tuple(
            candidate(rank, f"{names[rank % 12][0]} {rank}", names[rank % 12][1], explained=rank <= 10).model_copy(
                update={"molblock": None}
            )
            for rank in range(1, n + 1)
        )
    )

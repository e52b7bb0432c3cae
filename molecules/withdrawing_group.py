"""WithdrawingGroup: what makes a C=C or C≡C bond beside it electrophilic, as it takes up the charge of a thiolate.

Most of the classes stand in reviews of covalent warheads: Jackson, Widen, Harki, Brummond, J. Med. Chem. 60, 839
(2017); Gehringer, Laufer, J. Med. Chem. 62, 5673 (2019).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WithdrawingGroup:
    """One class of electron-withdrawing groups on the α carbon of an acceptor."""

    name: str
    smarts: str
    """The first atom is the one bonded to α; the first `n_conjugated` atoms are a chain."""
    n_conjugated: int
    """Atoms of the chain over which the π system of the acceptor goes on: 2 for C=O, C≡N or N=O; 4 for the way from
    carbon 4 of a pyridine to its nitrogen; 0 for groups without p–π conjugation, such as sulfones."""


# In rings, a six-membered one has a Kekulé structure with each of its C–N bonds double, unless an exocyclic double bond
# or the lone pair of a pyrrole-type atom forbids it. In a five-membered one those bonds are double that touch an atom
# bonded to the pyrrole-type atom (_DONOR): C2=N3 of oxazole, but not C4–N3.
_PYRIDINE_N = "[n;$([nX2]),$([n+])]"
_IN_AZINE = "[a;!$(a=*);!$([nX3;+0])]"
_DONOR = "[o,s,se,$([nX3])]"

WITHDRAWING_GROUPS = (
    WithdrawingGroup("nitro", "[N+](=O)[O-]", 2),
    WithdrawingGroup("aldehyde", "[CX3;H1,H2](=[OX1])", 2),
    WithdrawingGroup("enone", "[CX3;$(C([#6])[#6])](=[OX1])", 2),
    WithdrawingGroup("acyl halide", "[CX3;$(C[F,Cl,Br,I])](=[OX1])", 2),
    WithdrawingGroup("thioester", "[CX3;$(C[#16X2])](=[OX1])", 2),
    WithdrawingGroup("imide", "[CX3;$(C[#7][CX3]=[OX1])](=[OX1])", 2),
    WithdrawingGroup("ester", "[CX3;$(C[OX2;!H1])](=[OX1])", 2),
    WithdrawingGroup("amide", "[CX3;$(C[#7])](=[OX1])", 2),
    WithdrawingGroup("acid", "[CX3;$(C[OX2H1,OX1-])](=[OX1])", 2),
    WithdrawingGroup("acyl", "[CX3](=[OX1])", 2),  # acylsilanes, acylphosphonates, selenoesters
    WithdrawingGroup("nitrile", "[CX2](#[NX1])", 2),
    WithdrawingGroup("sulfonamide", "[SX4;$(S[#7])](~[OX1])~[OX1]", 0),
    WithdrawingGroup("sulfonyl fluoride", "[SX4;$(SF)](~[OX1])~[OX1]", 0),
    WithdrawingGroup("sulfonate", "[SX4;$(S[OX2]),$(S(~[OX1])(~[OX1])~[OX1])](~[OX1])~[OX1]", 0),
    WithdrawingGroup("sulfone", "[SX4](~[OX1])~[OX1]", 0),
    WithdrawingGroup("sulfinyl", "[SX3]~[OX1]", 0),  # sulfoxides, sulfinamides, sulfinates
    WithdrawingGroup("phosphoryl", "[PX4]~[OX1,SX1]", 0),  # phosphonates, phosphine oxides, and those of sulfur
    WithdrawingGroup("sulfoximine", "[SX4](~[OX1])=[NX2]", 0),
    WithdrawingGroup("sulfondiimine", "[SX4](=[NX2])=[NX2]", 0),
    WithdrawingGroup("sulfilimine", "[SX3]=[NX2]", 0),
    WithdrawingGroup("thiocarbonyl", "[CX3]=[SX1]", 2),
    WithdrawingGroup("iminium", "[CX3]=[NX3+;!$(N-[O-])]", 2),
    WithdrawingGroup("nitrone", "[CX3]=[NX3+]", 2),
    WithdrawingGroup("oxime", "[CX3]=[NX2]-[OX2,OX1-]", 2),
    WithdrawingGroup("hydrazone", "[CX3]=[NX2]-[#7]", 2),
    WithdrawingGroup("imine", "[CX3]=[NX2;+0]", 2),  # amidines and imidates too
    WithdrawingGroup("nitroso", "[NX2]=[OX1]", 2),
    WithdrawingGroup("azo", "[NX2]=[NX2;+0]", 2),
    WithdrawingGroup("sulfonium", "[SX3+]", 0),
    WithdrawingGroup("sulfoxonium", "[SX4+]~[OX1]", 0),
    WithdrawingGroup("phosphonium", "[PX4+]", 0),
    WithdrawingGroup("azine", f"{_IN_AZINE}1:{_PYRIDINE_N}:{':'.join([_IN_AZINE] * 4)}:1", 2),
    WithdrawingGroup("azine", f"{_IN_AZINE}1:{':'.join([_IN_AZINE] * 2)}:{_PYRIDINE_N}:{_IN_AZINE}:{_IN_AZINE}:1", 4),
    WithdrawingGroup("azole", f"[c;r5;$(c:{_DONOR})]:{_PYRIDINE_N}", 2),
    WithdrawingGroup("azole", f"[c;r5]:[nX2;r5;$(n:{_DONOR})]", 2),
    WithdrawingGroup("azole", f"[c;r5;$(c:{_DONOR})]:c:c:[nX2;$(n:{_DONOR})]", 4),
)
"""Where α carries two, the first in this order names the site."""

COVERED = (
    "C=O, C=S, C=N and C≡N, nitro, nitroso and azo groups; sulfonyl, sulfinyl, sulfoximine, phosphoryl, sulfonium and "
    "phosphonium groups; and azines and azoles whose nitrogen takes up the charge"
)
"""The table in words."""

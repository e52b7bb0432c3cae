"""How the seconds of one energy and gradient grow: a fitted law, and its plot."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log10
from pathlib import Path

import numpy as np

LEAST_DIMENSION = 4000
"""Below it, calls and not arithmetic rule the time."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 540, 50, 320
_BLUE, _RED, _GREY = "#00558c", "#d55e00", "#5b6770"


@dataclass(frozen=True, slots=True)
class Point:
    """One energy and gradient."""

    n_qubits: int
    dimension: int
    """Determinants."""
    parameters: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Law:
    """seconds = factor · dimension^of_dimension; in a series of chains the parameters grow along with it."""

    factor: float
    of_dimension: float
    worst: float
    """Largest ratio between a fitted point and the law, or the other way round."""

    @classmethod
    def fitted(cls, points: list[Point]) -> Law | None:
        """By least squares of logarithms; None where the points are too few."""
        large = [p for p in points if p.dimension >= LEAST_DIMENSION]
        if len(large) < 4:
            return None
        matrix = np.array([[1.0, np.log(p.dimension)] for p in large])
        logs = np.log([p.seconds for p in large])
        solution = np.linalg.lstsq(matrix, logs)[0]
        worst = float(np.exp(np.abs(matrix @ solution - logs).max()))
        return cls(float(np.exp(solution[0])), float(solution[1]), worst)

    def __str__(self) -> str:
        return f"{self.factor:.1e} s · dimension^{self.of_dimension:.2f}"

    def seconds(self, point: Point) -> float:
        return float(self.factor * point.dimension**self.of_dimension)


def plot(points: list[Point], law: Law | None, file: Path) -> None:
    """Seconds against qubits on a logarithmic scale, as SVG."""
    decades = range(floor(log10(min(p.seconds for p in points))), ceil(log10(max(p.seconds for p in points))) + 1)
    qubits = [p.n_qubits for p in points]

    def x(n_qubits: float) -> float:
        return _LEFT + (_RIGHT - _LEFT) * (n_qubits - min(qubits) + 1) / (max(qubits) - min(qubits) + 2)

    def y(seconds: float) -> float:
        return _BOTTOM - (_BOTTOM - _TOP) * (log10(seconds) - decades[0]) / max(1, len(decades) - 1)

    lines = [
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 570 375" width="570" height="375" '
        'font-family="system-ui, sans-serif" font-size="13" fill="#1c2733">',
        '<rect width="570" height="375" fill="white"/>',
        '<text x="20" y="28" font-weight="bold">One energy and gradient of UCCSD, hydrogen chains</text>',
    ]
    for decade in decades:
        height = y(10.0**decade)
        lines.append(f'<path d="M{_LEFT} {height:.1f}H{_RIGHT}" stroke="#e3e8ec"/>')
        label = f"{10.0**decade:g} s"
        lines.append(f'<text x="{_LEFT - 8}" y="{height + 4:.1f}" text-anchor="end" fill="{_GREY}">{label}</text>')
    for n in qubits:
        lines.append(f'<text x="{x(n):.1f}" y="{_BOTTOM + 20}" text-anchor="middle" fill="{_GREY}">{n}</text>')
    lines.append(f'<text x="{(_LEFT + _RIGHT) / 2}" y="{_BOTTOM + 42}" text-anchor="middle">qubits</text>')
    if law:
        fitted = [p for p in points if p.dimension >= LEAST_DIMENSION]
        path = " ".join(f"{x(p.n_qubits):.1f},{y(law.seconds(p)):.1f}" for p in fitted)
        lines.append(f'<polyline points="{path}" fill="none" stroke="{_RED}" stroke-width="1.5"/>')
        lines.append(f'<text x="{_LEFT + 12}" y="{_TOP + 18}" fill="{_RED}">{law}</text>')
    lines += [f'<circle cx="{x(p.n_qubits):.1f}" cy="{y(p.seconds):.1f}" r="5" fill="{_BLUE}"/>' for p in points]
    file.write_text("\n".join([*lines, "</svg>"]) + "\n", encoding="utf-8")

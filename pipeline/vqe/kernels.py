"""Kernels: plane rotations of determinant pairs, compiled by numba.

Both go through some tiles of a group (`pipeline.vqe.sector`): copy a tile's rows, rotate through all factors of the
group while they are in the cache, copy them back. `pipeline.vqe.slow` is their slow twin.
"""

from __future__ import annotations

import numba
import numpy as np

from pipeline.vqe.determinants import Indices, Matrix, Vector

TILE = 32
"""Row pairs in a tile. More make longer loops, fewer stay in the cache."""


@numba.njit(cache=True, fastmath=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def forward(
    first_tile: int,
    end_tile: int,
    psi: Vector,
    tiles: Indices,
    layout: Indices,
    outer: Indices,
    outer_signs: Vector,
    theta: Vector,
    spans: Indices,
    pairs: Indices,
    signs: Vector,
) -> None:
    """Apply the factors of a group in order, in place, to some of its tiles."""
    x = np.zeros((layout[:, 3].max(), TILE))
    other = np.zeros((layout[:, 7].max(), TILE))
    for tile in range(first_tile, end_tile):
        run, first, width = tiles[tile, 0], tiles[tile, 1], tiles[tile, 2]
        x_start, x_row, x_column, x_size = layout[run, 0], layout[run, 1], layout[run, 2], layout[run, 3]
        y_start, y_row, y_column, y_size = layout[run, 4], layout[run, 5], layout[run, 6], layout[run, 7]
        alone = outer[first, 0] == outer[first, 1] and x_start == y_start
        y = x if alone else other
        for k in range(width):
            u, v, sign = outer[first + k, 0], outer[first + k, 1], outer_signs[first + k]
            for r in range(x_size):
                x[r, k] = psi[x_start + u * x_row + r * x_column]
            if not alone:
                for r in range(y_size):
                    y[r, k] = sign * psi[y_start + v * y_row + r * y_column]
        for f in range(theta.shape[0]):
            cosine, sine = np.cos(theta[f]), np.sin(theta[f])
            for j in range(spans[run, f, 0], spans[run, f, 1]):
                p, q, s = pairs[j, 0], pairs[j, 1], sine * signs[j]
                for k in range(TILE):
                    before, after = x[p, k], y[q, k]
                    x[p, k] = cosine * before - s * after
                    y[q, k] = cosine * after + s * before
        for k in range(width):
            u, v, sign = outer[first + k, 0], outer[first + k, 1], outer_signs[first + k]
            for r in range(x_size):
                psi[x_start + u * x_row + r * x_column] = x[r, k]
            if not alone:
                for r in range(y_size):
                    psi[y_start + v * y_row + r * y_column] = sign * y[r, k]


@numba.njit(cache=True, fastmath=True, nogil=True)  # type: ignore[untyped-decorator]  # numba has no types
def backward(
    first_tile: int,
    end_tile: int,
    by_tile: Matrix,
    psi: Vector,
    bra: Vector,
    tiles: Indices,
    layout: Indices,
    outer: Indices,
    outer_signs: Vector,
    theta: Vector,
    spans: Indices,
    pairs: Indices,
    signs: Vector,
) -> None:
    """Undo the factors of a group, last first, on some tiles of psi and of bra = H psi.

    Fills each tile's part of dE/dθ = 2⟨bra|T − T†|psi⟩ into `by_tile` (tiles × factors).
    """
    x, m = np.zeros((layout[:, 3].max(), TILE)), np.zeros((layout[:, 3].max(), TILE))
    other, other_bra = np.zeros((layout[:, 7].max(), TILE)), np.zeros((layout[:, 7].max(), TILE))
    total = np.zeros(TILE)
    for tile in range(first_tile, end_tile):
        run, first, width = tiles[tile, 0], tiles[tile, 1], tiles[tile, 2]
        x_start, x_row, x_column, x_size = layout[run, 0], layout[run, 1], layout[run, 2], layout[run, 3]
        y_start, y_row, y_column, y_size = layout[run, 4], layout[run, 5], layout[run, 6], layout[run, 7]
        alone = outer[first, 0] == outer[first, 1] and x_start == y_start
        y, n = (x, m) if alone else (other, other_bra)
        for k in range(width):
            u, v, sign = outer[first + k, 0], outer[first + k, 1], outer_signs[first + k]
            for r in range(x_size):
                x[r, k] = psi[x_start + u * x_row + r * x_column]
                m[r, k] = bra[x_start + u * x_row + r * x_column]
            if not alone:
                for r in range(y_size):
                    y[r, k] = sign * psi[y_start + v * y_row + r * y_column]
                    n[r, k] = sign * bra[y_start + v * y_row + r * y_column]
        if width < TILE:  # the rest of the lanes would count in the sum
            x[:, width:] = 0.0
            y[:, width:] = 0.0
        for f in range(theta.shape[0] - 1, -1, -1):
            cosine, sine = np.cos(theta[f]), np.sin(theta[f])
            total[:] = 0.0
            for j in range(spans[run, f, 0], spans[run, f, 1]):
                p, q, g = pairs[j, 0], pairs[j, 1], signs[j]
                s = sine * g
                for k in range(TILE):
                    a, b, c, d = x[p, k], y[q, k], m[p, k], n[q, k]
                    total[k] += g * (d * a - c * b)
                    x[p, k] = cosine * a + s * b
                    y[q, k] = cosine * b - s * a
                    m[p, k] = cosine * c + s * d
                    n[q, k] = cosine * d - s * c
            by_tile[tile, f] = 2.0 * total.sum()
        for k in range(width):
            u, v, sign = outer[first + k, 0], outer[first + k, 1], outer_signs[first + k]
            for r in range(x_size):
                psi[x_start + u * x_row + r * x_column] = x[r, k]
                bra[x_start + u * x_row + r * x_column] = m[r, k]
            if not alone:
                for r in range(y_size):
                    psi[y_start + v * y_row + r * y_column] = sign * y[r, k]
                    bra[y_start + v * y_row + r * y_column] = sign * n[r, k]

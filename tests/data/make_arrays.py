"""Writes the array files that src/data/array_file_test.cc reads, with NumPy: python3 make_arrays.py"""
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
matrix = np.array([[1.5, 2.0], [3.0, np.nan], [5.0, np.inf]])
arrays = {"X": matrix, "y": np.array([1, 0, 1]), "flag": np.array([True, False, True]),
          "who": np.array(["ann", "", "bo\u00eb"]), "small": np.array([0.5, -2, 3], np.float16)}

np.save(HERE / "matrix.npy", matrix)
np.save(HERE / "fortran.npy", np.asfortranarray(matrix.astype(np.float32)))
np.save(HERE / "words.npy", np.array([["a", "x"], ["b", "y"], ["a", "z"]]))
np.save(HERE / "large.npy", np.array([1, 2**53 + 2], np.int64))
np.save(HERE / "cube.npy", np.zeros((2, 2, 2)))
np.savez(HERE / "arrays.npz", **arrays)
np.savez_compressed(HERE / "packed.npz", **arrays)
np.savez(HERE / "uneven.npz", a=np.zeros(3), b=np.zeros(2))

"""What `bits.py` does, for compiled code: reinterprets the float's 64 bits instead of calling the maths library."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

EXPONENT_MASK = 0x7FF0000000000000
HALF_EXPONENT = 0x3FE0000000000000


def _type_bits_of(typing_context: Any, x: Any) -> Any:  # noqa: ARG001
    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.int64(types.float64), build


def _type_float_of(typing_context: Any, bits: Any) -> Any:  # noqa: ARG001
    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.int64), build


_bits_of: Any = intrinsic(_type_bits_of)
_float_of: Any = intrinsic(_type_float_of)


@njit(nogil=True)
def split(x: Any) -> Any:
    """Mantissa in [½, 1) and exponent; x finite and > 0."""
    shift = 0
    if x < 2.2250738585072014e-308:
        x = x * 18014398509481984.0
        shift = 54
    bits = _bits_of(x)
    exponent = (bits >> 52) - 1022 - shift
    return _float_of((bits & ~EXPONENT_MASK) | HALF_EXPONENT), exponent


@njit(nogil=True)
def scale(x: Any, power: Any) -> Any:
    """x · 2^power; rounded once where the result is subnormal."""
    if power < -1020:
        return x * _float_of((power + 1087) << 52) * 5.421010862427522e-20
    if power > 1020:
        return x * _float_of((power + 1003) << 52) * 1048576.0
    return x * _float_of((power + 1023) << 52)


def _type_lowest_bit(typing_context: Any, word: Any) -> Any:  # noqa: ARG001
    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:  # noqa: ARG001
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), build


_count_zeros: Any = intrinsic(_type_lowest_bit)


@njit(nogil=True)
def lowest_bit(word: Any) -> Any:
    """The number of zeros below the lowest bit that is set; the word is not 0."""
    return _count_zeros(word)


def _type_load_word(typing_context: Any, buffer: Any, place: Any) -> Any:  # noqa: ARG001
    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        pointer = builder.gep(array.data, [arguments[1]])
        word = builder.load(builder.bitcast(pointer, ir.IntType(64).as_pointer()))
        word.align = 1
        return word

    return types.uint64(buffer, types.int64), build


_load_word: Any = intrinsic(_type_load_word)
_SWAP = sys.byteorder == "big"


@njit(nogil=True)
def word_at(buffer: Any, place: Any) -> Any:
    """The eight bytes from `place` on as one little-endian number, loaded at once; no bounds are checked."""
    word = _load_word(buffer, place)
    if _SWAP:
        swapped = np.uint64(0)
        for _ in range(8):
            swapped = (swapped << np.uint64(8)) | (word & np.uint64(255))
            word = word >> np.uint64(8)
        return swapped
    return word

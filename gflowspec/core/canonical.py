"""Canonical JSON: equal values give equal texts, on every machine and in every version."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from enum import Enum
from fractions import Fraction
from typing import Any

import attrs


def canonical_json(value: Any) -> str:
    """A value as JSON with sorted keys and without spaces.

    Rationals are written ``"n/d"``, sets as sorted lists, floats that are not finite as strings.
    An attrs object becomes an object with its class under ``node``; fields that do not take part
    in equality (places, documentation) are left out.

    Raises:
        TypeError: A part of the value has no JSON form.
    """
    return json.dumps(
        plain(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )


def digest(value: Any) -> str:
    """The SHA-256 of the canonical JSON, in hexadecimal."""
    return digest_of_text(canonical_json(value))


def digest_of_text(text: str) -> str:
    """The SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def plain(value: Any) -> Any:
    """A value in terms of what JSON has."""
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
        case Fraction():
            return f"{value.numerator}/{value.denominator}"
        case Enum():
            return value.name
        case Mapping():
            return {_key(key): plain(item) for key, item in value.items()}
        case frozenset() | set():
            return sorted((plain(item) for item in value), key=canonical_json)
        case tuple() | list() | range():
            return [plain(item) for item in value]
        case _ if attrs.has(type(value)):
            return _node(value)
        case _:
            message = f"{type(value).__name__} has no canonical form"
            raise TypeError(message)


def _key(key: Any) -> str:
    if not isinstance(key, str):
        message = f"keys are strings, not {type(key).__name__}"
        raise TypeError(message)
    return key


def _node(value: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"node": type(value).__name__}
    for field in attrs.fields(type(value)):
        if field.eq:
            found[field.name] = plain(getattr(value, field.name))
    return found

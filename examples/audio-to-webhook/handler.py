"""Listens: how loud is it, and which tone is heard? 16 bits, little-endian, mono."""

import math
import sys
from array import array
from operator import mul

TONES = {'C5': 523.25, 'E5': 659.25, 'G5': 783.99}
# Below this level (dB, 0 is the loudest) it is silent.
SILENCE = -50.0


def handler(context, event):
    """The sink posts the dict as JSON."""
    samples = array('h', event.body)
    if sys.byteorder == 'big':
        samples.byteswap()
    rate = event.fields['sample_rate']
    level = decibels(sum(map(mul, samples, samples)) / len(samples) / 32768**2)
    tone = max(TONES, key=lambda name: strength(samples, TONES[name] / rate)) if level > SILENCE else None
    at = event.fields['first_sample'] / rate
    return {'from': round(at, 1), 'seconds': len(samples) / rate, 'decibels': level, 'tone': tone}


def decibels(power: float) -> float:
    """At least -99."""
    return max(round(10 * math.log10(power), 1), -99.0) if power else -99.0


def strength(samples: array, turns: float) -> float:
    """How much there is of a tone of so many turns a sample (Goertzel)."""
    factor = 2 * math.cos(2 * math.pi * turns)
    before = last = 0.0
    for sample in samples:
        before, last = last, sample + factor * last - before
    return before * before + last * last - factor * before * last

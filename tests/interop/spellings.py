"""Other spellings of one time, number, signature or key in a wire text; a lax reader takes many of them for the same."""

import re

DATETIME = re.compile(r'"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)"')
INTEGER = re.compile(r"(?<=: )-?\d+(?=[,}])")
SIGNATURE = re.compile(r'("signature": ?")([^"]+)"')
KEY = re.compile(r'("public_key(?:_pem)?": ?")([^"]+)"')
BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def substituted(pattern, spell):
    """A mutation of one random match of a pattern."""

    def mutate(rng, text):
        found = list(pattern.finditer(text))
        if not found:
            return None
        match = rng.choice(found)
        return text[: match.start()] + spell(rng, match) + text[match.end() :]

    return mutate


def spell_datetime(rng, match):
    date, time, fraction, zone = match[1], match[2], match[3] or "", match[4]
    return rng.choice(
        (
            f'"{date} {time}{fraction}{zone}"',
            f'"{date}t{time}{fraction}{zone}"',
            f'"{date}_{time}{fraction}{zone}"',
            f'"{date}T{time}{fraction}z"',
            f'"{date}T{time}{fraction or "."}0000000{zone}"',
            f'"{date}T{time}{fraction}{zone.replace(":", "")}"',
            f'"{date}T{time[:5]}{zone}"',
            f'"{date}T{time}{fraction}"',
            f'"{date}"',
            f'"{date}T{time},5{zone}"',
            "1772971200",
            '"1772971200"',
            "1772971200000.0",
            f'"{date}T{time}{fraction}+00:00"',
            f'"{date}T{time}{fraction}-00:00"',
            f'"{date}T24:00:00{zone}"',
            f'" {date}T{time}{fraction}{zone}"',
        )
    )


def spell_integer(rng, match):
    digits = match[0]
    return rng.choice(
        (
            digits + ".0",
            digits + "e0",
            digits + "E+00",
            "-0" if digits == "0" else "-" + digits,
            "+" + digits,
            "0" + digits,
            digits + "_0",
            "NaN",
            "1e400",
            "-Infinity",
            digits * 300,
        )
    )


def spell_signature(rng, match):
    value = match[2]
    bare = value.rstrip("=")
    at = rng.randrange(len(bare))
    last = BASE64.find(bare[-1])
    spare = bare[:-1] + (BASE64[last ^ 1] if last >= 0 else "A")
    value = rng.choice(
        (
            value + "=",
            value + "====",
            bare,
            bare + "=",
            value[:at] + "\\n" + value[at:],
            value[:at] + "!" + value[at:],
            value + "AAAA",
            spare + "=" * (len(value) - len(bare)),
            value.replace("+", "-").replace("/", "_"),
            value.replace("-", "+").replace("_", "/"),
            value.swapcase(),
            value[:-4],
            "",
            "A" * len(bare) + value[len(bare) :],
        )
    )
    return match[1] + value + '"'


def spell_key(rng, match):
    pem = match[2]
    pem = rng.choice(
        (
            pem.replace("\\n", "\\r\\n"),
            pem.removesuffix("\\n"),
            pem + "\\n",
            "\\n" + pem,
            "text\\n" + pem,
            pem + "text",
            pem + pem,
            pem.replace("VwAyEA", "VwAy\\nEA"),
            pem.replace("PUBLIC KEY", "PRIVATE KEY"),
            pem.replace("-----BEGIN", "---- BEGIN"),
            pem.replace("MCow", " MCow"),
            pem.replace("=\\n-----END", "\\n-----END"),
            "",
            # The neutral element: under a lax verifier one signature would fit every message.
            "-----BEGIN PUBLIC KEY-----\\nMCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\\n-----END PUBLIC KEY-----\\n",
        )
    )
    return match[1] + pem + '"'


SPELLINGS = {
    "spell_datetime": substituted(DATETIME, spell_datetime),
    "spell_integer": substituted(INTEGER, spell_integer),
    "spell_signature": substituted(SIGNATURE, spell_signature),
    "spell_key": substituted(KEY, spell_key),
}

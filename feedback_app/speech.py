"""The clips that the tablet reads aloud; ``python -m feedback_app.speech`` makes the missing ones.

A clip is ``tablet/speech/LANGUAGE/NAME.mp3``. NAME is a key of ``texts/LANGUAGE/tablet.yaml``: the question, a face, a
reason or ``why``. An existing clip is kept, so a recorded human voice takes a clip's place under its name; delete the
clip of a text that changed. Run by hand, with espeak-ng and ffmpeg installed; the product itself needs neither.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from feedback_app.app import SPEECH
from feedback_app.texts.by_language import tablet_texts

WORDS_A_MINUTE = 140
"""Slower than the voices' own 175: for old ears, in a noisy hall."""

# Silence before and after is cut; all clips are as loud as each other.
SOUND = (
    "silenceremove=start_periods=1:start_threshold=-50dB,areverse,"
    "silenceremove=start_periods=1:start_threshold=-50dB,areverse,loudnorm=I=-18:TP=-2"
)
ENCODED = ("-ac", "1", "-ar", "16000", "-c:a", "libmp3lame", "-b:a", "16k")
# The same words make the same bytes.
PLAIN = ("-write_xing", "0", "-id3v2_version", "0", "-map_metadata", "-1", "-bitexact")


def clip_texts(texts: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Name and text of every clip of a language."""
    yield from ((name, texts[name]) for name in ("question", "why"))
    yield from texts["moods"].items()
    yield from texts["reasons"].items()


def record(language: str, text: str, file: Path) -> None:
    """Reads a text into a file with espeak-ng's voice of this name; CalledProcessError when a program fails."""
    # "Ông/bà" is two words, no sign.
    speak = ["espeak-ng", "-v", language, "-s", str(WORDS_A_MINUTE), "--stdout", text.replace("/", " ")]
    voice = subprocess.run(speak, capture_output=True, check=True).stdout
    encode = ["ffmpeg", "-loglevel", "error", "-y", "-i", "pipe:0", "-af", SOUND, *ENCODED, *PLAIN, str(file)]
    subprocess.run(encode, input=voice, check=True)


def main() -> int:
    """Records the missing clips of every language; returns 0."""
    for language, texts in tablet_texts().items():
        (SPEECH / language).mkdir(parents=True, exist_ok=True)
        for name, text in clip_texts(texts):
            file = SPEECH / language / f"{name}.mp3"
            if not file.exists():
                record(language, text, file)
                sys.stdout.write(f"{file.relative_to(SPEECH)}: {file.stat().st_size} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

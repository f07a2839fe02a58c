#!/usr/bin/env python3
"""A text-to-speech worker that reports to tts-monitor over HTTP, with Python's standard library alone.

    python3 python_worker.py http://localhost:9560 tokens.txt py-1 42 "The text to speak"

Registers the task, sends heartbeats while it speaks (a tone for each character), and reports the audio. The token is
the last word of its file. Exits with 0 where the text has its audio or another task sees to it, else with 1.
"""
import argparse
import contextlib
import http.client
import json
import math
import struct
import sys
import threading
import time
import urllib.error
import urllib.request
import wave
from pathlib import Path

SAMPLE_RATE = 16_000
TRIES = 8
# ValueError: the answer of a proxy that is no JSON.
NO_ANSWER = (OSError, ValueError, http.client.HTTPException)


class Monitor:
    def __init__(self, url: str, token: str) -> None:
        self.url, self.token = url.rstrip("/"), token

    def post(self, path: str, body: dict) -> tuple[int, dict, float]:
        """Returns status, answer and the seconds to wait before asking again. Raises NO_ANSWER."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, json.load(answer), 0
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.load(error), float(error.headers.get("Retry-After", 1))

    def post_until_answered(self, path: str, body: dict) -> tuple[int, dict]:
        """Asks again, with growing pauses, while the monitor is away (503 too), busy or at its limit (429)."""
        for pause in (2.0**attempt for attempt in range(TRIES)):
            try:
                status, answer, retry_after = self.post(path, body)
                if status not in (429, 503):
                    return status, answer
                pause = max(pause, retry_after)
            except NO_ANSWER as error:
                print(f"no answer: {error}", file=sys.stderr)
            time.sleep(pause)
        sys.exit("the monitor does not answer")


def beat(monitor: Monitor, task: str, interval: float, done: threading.Event, ended: threading.Event) -> None:
    """Sends heartbeats until the work is done or the task has ended without us. One that is lost does no harm."""
    while not done.wait(interval):
        with contextlib.suppress(*NO_ANSWER):
            if monitor.post(f"{task}/heartbeat", {})[0] in (404, 409):
                return ended.set()


def speak(content: str, path: Path) -> None:
    """Writes a WAV file. Raises ValueError for a text that it cannot speak."""
    if not content.strip():
        raise ValueError("there is nothing to speak")
    with wave.open(str(path), "wb") as audio:
        audio.setparams((1, 2, SAMPLE_RATE, 0, "NONE", "not compressed"))
        for character in content.ljust(4):
            turn = 2 * math.pi * 220 * 2 ** (ord(character) % 24 / 12) / SAMPLE_RATE
            tone = [int(12_000 * math.sin(turn * n)) for n in range(SAMPLE_RATE // 8)]
            audio.writeframes(struct.pack(f"<{len(tone)}h", *tone))


def run(monitor: Monitor, options: argparse.Namespace) -> int:
    """Runs one task from its registration to its end, and returns the exit code."""
    submission = {"text_id": options.text_id, "content": options.content, "worker": options.worker}
    status, answer = monitor.post_until_answered("/api/tasks", submission)
    if status == 200:
        print(f"duplicate of task {answer['task_id']}, text {answer['existing_text_id']}: {answer['status']}")
        return 0
    if status != 201:
        sys.exit(f"refused ({status}): {answer['error']}")
    print(f"task {answer['task_id']} started", flush=True)
    task = f"/api/tasks/{answer['task_id']}"
    done, ended = threading.Event(), threading.Event()
    beats = threading.Thread(target=beat, args=(monitor, task, options.heartbeat, done, ended), daemon=True)
    beats.start()
    path = options.directory.resolve() / f"{options.text_id}.wav"
    try:
        # A speech engine would take its time.
        if ended.wait(options.seconds):
            sys.exit("given up: the task has ended without us")
        speak(options.content, path)
        action = "complete"
        report = {"audio_url": path.as_uri(), "filename": path.name, "file_size": path.stat().st_size}
    except (ValueError, OSError) as error:
        action, reason = "fail", "invalid_input" if isinstance(error, ValueError) else "storage_error"
        report = {"reason": reason, "error_message": str(error)}
    finally:
        done.set()
        beats.join()
    # 409: it ended before, by us where the answer was lost, else by the monitor, which has given the task up.
    status, answer = monitor.post_until_answered(f"{task}/{action}", report)
    print(f"task ended: {answer.get('status')}")
    return 0 if answer.get("status") == "completed" else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="speaks one text and reports to tts-monitor")
    for argument in ("url", "token_file", "worker", "text_id", "content"):
        parser.add_argument(argument)
    parser.add_argument("--heartbeat", type=float, default=5, metavar="SECONDS", help="between heartbeats")
    parser.add_argument("--seconds", type=float, default=1, help="how long it takes to speak")
    parser.add_argument("--directory", type=Path, default=Path("."), help="where the audio goes")
    given = parser.parse_args()
    sys.exit(run(Monitor(given.url, Path(given.token_file).read_text().split()[-1]), given))

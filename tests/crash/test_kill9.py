"""kill -9 at random moments under HTTP load: what was acknowledged is there, exactly once.

    KEDGE_CRASH_ROUNDS=500 KEDGE_CRASH_SEED=7 python3 -m pytest -q -s tests/crash/test_kill9.py

Every client notes an id only after it has read the 2xx for it. The moment of the kill is a number of acknowledgements,
drawn from the seed, that the parent waits for, plus a draw of busy work, so that it falls into writes, syncs, ingestion
and roll-over.
"""

import http.client
import os
import random
import signal
import threading
import time

from kedge_server import ask_on, rows_of, wait_until

ROUNDS = int(os.environ.get("KEDGE_CRASH_ROUNDS", "50"))
SEED = int(os.environ.get("KEDGE_CRASH_SEED", "0")) or random.SystemRandom().randrange(1, 2**31)
MODELS = ["a", "b"]
ROWS = rows_of(64, seed=99)
DAY_S = 86400
START_S = 1780272000


class Client:
    """One connection that captures singly, in batches and with labels, and remembers what was acknowledged."""

    def __init__(self, server, truth, round_, index, seed):
        self.server, self.truth, self.round, self.index = server, truth, round_, index
        self.draw = random.Random(seed)
        self.unknown = None  # sent, and no answer read: to be there once or not at all
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def events(self, model, step, count):
        return [
            {
                "features": ROWS[(step + i) % len(ROWS)],
                "prediction": (step + i) % 7,
                "model_name": model,
                "prediction_id": f"r{self.round}c{self.index}s{step}n{i}",
                "timestamp": START_S + self.draw.randrange(5) * DAY_S + i,
            }
            for i in range(count)
        ]

    def run(self):
        connection = self.server.connection()
        try:
            for step in range(1_000_000):
                model = MODELS[self.draw.randrange(len(MODELS))]
                count = self.draw.choice([1, 1, 1, 20, 100])
                events = self.events(model, step, count)
                if count == 1:
                    answer = ask_on(connection, "POST", "/capture", events[0])
                else:
                    answer = ask_on(connection, "POST", "/capture/batch", events)
                if answer.status == 200:
                    self.truth.note_events(model, events, answer.json)
                    if self.draw.random() < 0.3:
                        labels = [
                            {"prediction_id": event["prediction_id"], "target": event["prediction"] + 100}
                            for event in events[:5]
                        ]
                        if ask_on(connection, "POST", f"/models/{model}/labels", labels).status == 200:
                            self.truth.note_labels(model, labels)
                else:
                    assert answer.status in (429, 503), answer
                if self.draw.random() < 0.02:
                    ask_on(connection, "GET", "/health")
        except (OSError, http.client.HTTPException):
            pass  # killed: that was the point
        finally:
            connection.close()


class Truth:
    def __init__(self):
        self.lock = threading.Lock()
        self.events = {model: {} for model in MODELS}
        self.labels = {model: {} for model in MODELS}
        self.acknowledged = 0
        self.problems = []

    def note_events(self, model, events, answer):
        with self.lock:
            if answer["stored"] + answer["duplicates"] != len(events):
                self.problems.append((model, answer, len(events)))
            self.events[model].update((event["prediction_id"], event["prediction"]) for event in events)
            self.acknowledged += 1

    def note_labels(self, model, labels):
        with self.lock:
            self.labels[model].update((label["prediction_id"], label["target"]) for label in labels)


def check(server, truth, round_):
    """Every acknowledged event once, with its value and its label; nothing twice."""
    rounds = f"r{round_}c"
    for model in MODELS:
        count, distinct = server.sql(f"SELECT count(*), count(DISTINCT prediction_id) FROM {model}")[0]
        assert count == distinct, f"{count - distinct} events of {model} are there twice"
        # All of the past by number, this round by value.
        assert count >= len(
            truth.events[model]
        ), f"{len(truth.events[model]) - count} acknowledged events of {model} are lost"
        rows = server.sql(
            f"SELECT prediction_id, CAST(prediction AS DOUBLE), CAST(target AS DOUBLE) FROM {model} "
            f"WHERE prediction_id LIKE '{rounds}%'"
        )
        found = {id_: (prediction, target) for id_, prediction, target in rows}
        mine = {id_: value for id_, value in truth.events[model].items() if id_.startswith(rounds)}
        lost = [id_ for id_ in mine if id_ not in found]
        assert not lost, f"acknowledged and lost: {len(lost)} of {len(mine)}, {lost[:5]}"
        wrong = [id_ for id_, value in mine.items() if found[id_][0] != value]
        assert not wrong, f"stored otherwise: {wrong[:5]}"
        unlabelled = [
            id_ for id_, target in truth.labels[model].items() if id_.startswith(rounds) and found[id_][1] != target
        ]
        assert not unlabelled, f"labels acknowledged and lost: {unlabelled[:5]}"


def check_all(server, truth):
    for model in MODELS:
        found = {row[0] for row in server.sql(f"SELECT prediction_id FROM {model}")}
        lost = set(truth.events[model]) - found
        assert not lost, f"acknowledged and lost: {len(lost)}, {sorted(lost)[:5]}"


def test_kill_9_under_load_loses_nothing_that_was_acknowledged(make_server):
    print(f"\nseed {SEED}, {ROUNDS} rounds (KEDGE_CRASH_SEED, KEDGE_CRASH_ROUNDS)")
    draw, truth = random.Random(SEED), Truth()
    server = make_server(config="log: {level: warn}\ndefaults: {schema: open}\n").start()
    for round_ in range(ROUNDS):
        before = truth.acknowledged
        clients = [Client(server, truth, round_, i, draw.random()) for i in range(4)]
        wanted = before + draw.randrange(1, 120)
        wait_until(lambda: truth.acknowledged >= wanted, f"load in round {round_}, seed {SEED}")
        for _ in range(draw.randrange(20000)):
            pass  # somewhere between two acknowledgements
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        for client in clients:
            client.thread.join()
        server.start()
        assert not truth.problems, truth.problems[:3]
        check(server, truth, round_)
        if round_ % 10 == 9:  # and in the middle of starting again
            server.kill()
            server.launch()
            time.sleep(draw.random() * 0.05)  # the moment is what is drawn, nothing waits for it
            server.kill()
            server.start()
    check_all(server, truth)
    total = sum(map(len, truth.events.values()))
    print(
        f"{ROUNDS} kills, {total} events, {sum(map(len, truth.labels.values()))} labels acknowledged: all there, none twice"
    )
    assert total > ROUNDS

"""Somebody's script runs as it would without Soundcheck, and is seen all the same."""

import json
import os
import runpy
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from script_observers import FINDING, Intruder, Observer

from soundcheck.debugging import __main__ as command_line
from soundcheck.debugging import script

REPOSITORY = Path(__file__).parents[3]

PREAMBLE = """
import hashlib, random
import keras, numpy as np, tensorflow as tf
from tensorflow.keras import layers
keras.utils.clear_session()
keras.utils.set_random_seed(7)
x = np.random.rand(96, 6).astype("float32")
y = (x.sum(axis=1, keepdims=True) > 3).astype("float32")

def make(**options):
    model = tf.keras.models.Sequential([
        layers.Dense(8, activation="relu"), layers.BatchNormalization(), layers.Dropout(0.4),
        layers.Dense(1, activation="sigmoid"),
    ])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"], **options)
    return model

def done(model):
    digest = hashlib.sha256(b"".join(w.tobytes() for w in model.get_weights()))
    digest.update(model.predict(x, verbose=0).tobytes())
    print(digest.hexdigest(), [layer.name for layer in model.layers], layers.Dense(1).name)
    print(random.random(), np.random.rand(), float(tf.random.normal(())), float(keras.random.normal(())))
"""

SCRIPTS = {
    "arrays": """
        model = make()
        model.fit(x, y, validation_split=0.2, epochs=3, verbose=0)
        done(model)
    """,
    "dataset": """
        data = tf.data.Dataset.from_tensor_slices((x, y)).cache().shuffle(96)
        data = data.map(lambda a, b: (a + tf.random.normal(tf.shape(a)), b)).batch(16).prefetch(2)
        model = make()
        model.fit(data, validation_data=data.take(2), epochs=3, verbose=0, shuffle=False)
        done(model)
    """,
    "generator": """
        def batches():
            while True:
                rows = np.random.randint(0, 96, 16)
                yield x[rows] + random.random(), y[rows]
        model = make()
        history = model.fit(batches(), steps_per_epoch=4, epochs=3, verbose=0, shuffle=False)
        random.seed(1), np.random.seed(1)  # Keras reads ahead as far as it finds the time
        done(model)
    """,
    "loop": """
        model = make()
        for step in range(8):
            rows = np.random.permutation(96)[:16]
            model.train_on_batch(x[rows], y[rows])
        done(model)
    """,
    "train_step": """
        class Custom(keras.Model):
            def __init__(self):
                super().__init__()
                self.inner, self.noise = make(), tf.random.Generator.from_seed(3)
            def call(self, inputs, training=False):
                noise = tf.random.normal(tf.shape(inputs)) + self.noise.normal(tf.shape(inputs))
                return self.inner(inputs + 0.1 * noise, training=training)
            def train_step(self, data):
                with tf.GradientTape() as tape:
                    loss = self.compute_loss(y=data[1], y_pred=self(data[0], training=True))
                self.optimizer.apply(tape.gradient(loss, self.trainable_variables), self.trainable_variables)
                return {"loss": loss}
            def fit(self, *arguments, **named):
                return super().fit(*arguments, **named)
        model = Custom()
        model.compile("adam", "mse")
        model.fit(x, y, epochs=3, verbose=0)
        random.random()
        done(model.inner)
    """,
    "second_fit": """
        model = make()
        model.fit(x, y, epochs=1, verbose=0)
        print(layers.Dense(1).name, np.random.rand())
        model.fit(x, y, epochs=3, initial_epoch=1, verbose=0, callbacks=[keras.callbacks.TerminateOnNaN()])
        done(model)
    """,
}


@pytest.fixture
def observed(monkeypatch):
    """The observers of the scripts that the test runs."""
    made = []

    def use(kind):
        monkeypatch.setattr(script, "Observer", lambda: made.append(kind()) or made[-1])
        return made

    return use


def written(folder, body, name="program.py", preamble=""):
    path = folder / name
    path.write_text(preamble + textwrap.dedent(body))
    return path


@pytest.mark.slow
@pytest.mark.parametrize("name", SCRIPTS)
def test_results_are_bit_identical(name, tmp_path, capsys, observed):
    path = written(tmp_path, SCRIPTS[name], preamble=PREAMBLE)
    runpy.run_path(str(path), run_name="__main__")
    plain = capsys.readouterr().out
    observers = observed(Intruder)
    result = script.run(path)
    seen = capsys.readouterr()
    assert seen.out == plain
    assert "could not be evaluated" not in seen.err
    assert result.error is None
    (observer,) = observers
    assert result.trainings == {"loop": 8, "second_fit": 2}.get(name, 1)
    assert len([one for one in observer.told if one[0] == "after"]) == (
        0 if name == "loop" else result.trainings
    )


@pytest.mark.slow
def test_without_seeds_names_and_draws_are_the_same(tmp_path, capsys, observed):
    body = """
        random.seed(3)
        model = make()
        model.fit(x, y, epochs=1, verbose=0)
        print([layer.name for layer in model.layers], layers.Dense(1).name, random.random())
    """
    path = written(tmp_path, body, preamble=PREAMBLE.replace("keras.utils.set_random_seed(7)", ""))
    runpy.run_path(str(path), run_name="__main__")
    plain = capsys.readouterr().out
    observed(Intruder)
    assert script.run(path).error is None
    assert capsys.readouterr().out == plain


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("", None),
        ("import sys; sys.exit()", None),
        ("raise SystemExit(0)", None),
        ("import sys; sys.exit(3)", "SystemExit: 3"),
        ("import sys; sys.exit('no data')", "SystemExit: no data"),
        ("raise ValueError('two\\nlines')", "ValueError: two\nlines"),
        ("exec('a b')", "SyntaxError: invalid syntax"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
    ],
)
def test_how_a_script_ended_is_told(body, error, tmp_path, observed):
    observed(Observer)
    before = sys.argv, sys.path[:], sys.modules["__main__"]
    result = script.run(written(tmp_path, body), ["--json"])
    assert result.error == error
    assert result.interrupted == (error == "KeyboardInterrupt")
    assert (sys.argv, sys.path, sys.modules["__main__"]) == before


def test_threads_of_the_script_come_to_their_end(tmp_path, observed, capsys):
    observed(Observer)
    body = """
        import threading, time
        threading.Thread(target=lambda: time.sleep(0.2) or print("late")).start()
    """
    script.run(written(tmp_path, body))
    assert capsys.readouterr().out == "late\n"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda _: None, "no such file"),
        (lambda path: path.mkdir(), "is a directory"),
        (lambda path: path.write_text("x = 1\nif x\n"), "line 2 is not valid Python"),
        (lambda path: path.write_bytes(b"x = '\xff'"), "is not valid Python"),
        (lambda path: path.write_bytes(b"x = 1\0"), "is not valid Python"),
    ],
)
def test_what_cannot_be_run_is_said_in_one_line(make, words, tmp_path, capsys):
    make(tmp_path / "program.py")
    assert command_line.main([str(tmp_path / "program.py")]) == 2
    answer = capsys.readouterr()
    assert words in answer.err
    assert answer.err.count("\n") == 1
    assert answer.out == ""


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--max-epochs", "0", "a.py"],
        ["--fail-on", "bad", "a.py"],
        ["--jso", "a.py"],
        ["--unknown", "a.py"],
    ],
)
def test_wrong_arguments_are_said_in_one_line(arguments, capsys):
    assert command_line.main(["--json", *arguments]) == 2
    answer = capsys.readouterr()
    assert answer.err.count("\n") == 1
    found = json.loads(answer.out)
    assert found["findings"] == []
    assert found["script_error"].startswith("ArgumentError: ")


@pytest.mark.parametrize(("level", "code"), [("info", 1), ("warning", 1), ("error", 0)])
def test_findings_are_readable_and_decide_the_exit_code(level, code, tmp_path, capsys, monkeypatch):
    result = script.ScriptRun([FINDING, FINDING], "ValueError: lost\nand more", False, 1)
    monkeypatch.setattr(command_line, "run", lambda *_, **__: result)
    assert command_line.main(["--fail-on", level, str(tmp_path)]) == code
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) < 80
    for words in (
        "2 findings",
        "ValueError: lost",
        "1. warning: learning_rate_high",
        "2. warning",
        "at step 3",
    ):
        assert words in out


def run_command(folder, *arguments, **options):
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-m", "soundcheck.debugging", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False, **options
    )


def test_stdout_holds_nothing_but_the_object(tmp_path):
    body = """
        import atexit, os, subprocess, sys, warnings
        print("printed", sys.argv, __name__, os.path.basename(__file__), os.path.basename(sys.path[0]))
        os.write(1, b"written\\n")
        subprocess.run(["echo", "echoed"])
        atexit.register(print, "at exit")
        sys.stdout.write("unfinished")
    """
    (tmp_path / "sub").mkdir()
    written(tmp_path / "sub", body)
    done = run_command(tmp_path, "--json", "sub/program.py", "--json", "--max-epochs", "0", "--", "x")
    assert done.returncode == 0
    assert json.loads(done.stdout) == {"findings": [], "script_error": None}
    for words in ("written", "echoed", "at exit", "unfinished"):
        assert words in done.stderr
    arguments = ["sub/program.py", "--json", "--max-epochs", "0", "--", "x"]
    assert f"printed {arguments} __main__ program.py sub" in done.stderr
    missing = run_command(tmp_path, "--json", "missing.py")
    assert (missing.returncode, missing.stderr.count("\n")) == (2, 1)
    assert json.loads(missing.stdout)["script_error"].startswith("FileNotFoundError: ")


def test_a_traceback_is_the_one_that_python_shows(tmp_path):
    body = """
        def inner():
            {}["key"]

        def outer():
            try:
                inner()
            except KeyError as error:
                raise ValueError("outer") from error

        outer()
    """
    path = written(tmp_path, body)
    plain = subprocess.run([sys.executable, path], capture_output=True, text=True, check=False)
    done = run_command(tmp_path, str(path))
    assert done.returncode == 0
    assert done.stderr == plain.stderr
    assert "ValueError: outer" in done.stdout


def test_an_interrupted_script_still_has_its_findings(tmp_path):
    body = """
        import os, signal, time
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(20)
    """
    done = run_command(tmp_path, "--json", str(written(tmp_path, body)))
    assert done.returncode == 130
    assert json.loads(done.stdout) == {"findings": [], "script_error": "KeyboardInterrupt"}


def test_processes_of_the_script_print_nothing_of_ours(tmp_path):
    body = """
        import multiprocessing, os

        def square(x):
            return x * x

        if __name__ == "__main__":
            for method in ("spawn", "fork"):
                with multiprocessing.get_context(method).Pool(1) as pool:
                    print(pool.map(square, [2, 3]))
            child = os.fork()
            if child:
                os.waitpid(child, 0)
    """
    done = run_command(tmp_path, str(written(tmp_path, body)), timeout=60)
    assert done.stdout.count("[4, 9]") == 2
    assert done.stdout.count("Soundcheck saw no training") == 1
    assert done.returncode == 0


@pytest.mark.slow
def test_keras_is_observed_from_its_first_import(tmp_path):
    body = """
        import os, sys
        assert "keras" not in sys.modules and "tensorflow" not in sys.modules
        assert os.environ["MPLBACKEND"] == "Agg"
        from tensorflow.keras.models import Sequential
        from tensorflow.keras.layers import Dense
        import numpy as np
        model = Sequential([Dense(1)])
        model.compile("sgd", "mse")
        history = model.fit(np.ones((64, 2)), np.ones(64), epochs=5, verbose=0)
        print("epochs", len(history.epoch))
        raise OSError("disk full")
    """
    done = run_command(tmp_path, "--json", "--max-epochs", "2", str(written(tmp_path, body)), timeout=200)
    assert done.returncode == 0
    assert json.loads(done.stdout)["script_error"] == "OSError: disk full"
    assert "epochs 2" in done.stderr
    assert "/soundcheck/debugging/" not in done.stderr


@pytest.mark.slow
def test_pictures_are_drawn_of_each_training(tmp_path, capsys):
    path = tmp_path / "train.py"
    path.write_text(PREAMBLE + "make().fit(x, y, verbose=0)\nmake().fit(x, y, verbose=0)\n")

    assert command_line.main(["--pictures", str(tmp_path / "drawn"), str(path)]) == 0

    assert sorted(one.name for one in (tmp_path / "drawn").iterdir()) == ["training_1.png", "training_2.png"]
    assert "training_2.png" in capsys.readouterr().err

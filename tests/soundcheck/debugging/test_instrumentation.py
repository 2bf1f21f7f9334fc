"""An observer is told of every training, and harms none."""

import inspect

import keras
import numpy as np
import pytest
from script_observers import Observer

from soundcheck.debugging.instrumentation import attached


def small_model():
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def test_fit_is_told_with_its_arguments_and_capped():
    observer, model = Observer(), small_model()
    fit = keras.Model.fit
    with attached(observer, max_epochs=2):
        history = model.fit(np.ones((4, 2)), np.ones(4), 2, epochs=9, initial_epoch=3, verbose=0)
        model.fit(np.ones((4, 2)), np.ones(4), epochs=1, verbose=0)
    (_, first), (_, told, error), (_, second), _ = observer.told
    assert history.epoch == [3, 4]
    assert (first.epochs, first.last_epoch, first.batch_size, first.initial_epoch) == (9, 5, 2, 3)
    assert second.last_epoch == 1
    assert told is history
    assert error is None
    assert keras.Model.fit is fit


def test_a_generator_is_capped_and_read_ahead_only_as_far_as_it_is_used():
    taken = []

    def batches():
        for place in range(9):
            taken.append(place)
            yield np.full((2, 2), place, "float32"), np.ones((2, 1), "float32")

    class Reader(Observer):
        def before_fit(self, model, call):
            super().before_fit(model, call)
            self.peeked = len(call.x.peek(50)), list(taken)

    observer = Reader()
    with attached(observer):
        small_model().fit(batches(), steps_per_epoch=3, verbose=0, shuffle=False)
    assert observer.peeked == (3, [0, 1, 2])
    assert [one[0] for one in observer.told] == ["before", "after"]


def test_a_training_that_ends_early_leaves_the_rest_of_a_generator_to_the_script():
    taken = []

    def batches():
        while True:
            taken.append(len(taken))
            yield np.ones((2, 2), "float32"), np.ones((2, 1), "float32")

    class Reader(Observer):
        def before_fit(self, _model, call):
            self.peeked = len(call.x.peek(50)), len(call.validation_data.peek(50))

    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):  # noqa: ARG002
            self.model.stop_training = True

    observer, settings = Reader(), {"epochs": 40, "shuffle": False, "verbose": 0}
    with attached(observer):
        small_model().fit(
            batches(),
            steps_per_epoch=3,
            validation_data=batches(),
            validation_steps=3,
            callbacks=Stop(),
            **settings,
        )
    assert observer.peeked == (3, 3)
    assert len(taken) < 40  # twice an epoch's, and the few that TensorFlow reads ahead


def test_what_goes_wrong_in_the_script_is_told_and_raised():
    observer, model = Observer(), small_model()
    with attached(observer):
        with pytest.raises(ValueError, match="no_such_optimizer"):
            model.compile("no_such_optimizer", loss="mse")
        with pytest.raises(TypeError):
            model.compile(optimiser="sgd")
        with pytest.raises(TypeError, match="nb_epoch"):
            model.fit(np.ones((4, 2)), np.ones(4), nb_epoch=3)
        with pytest.raises(ValueError, match="incompatible"):
            model.fit(np.ones((4, 3)), np.ones(4), verbose=0)
        with pytest.raises(ValueError, match="incompatible"):
            model.train_on_batch(np.ones((4, 3)), np.ones(4))
    compile_error, wrong_name, refused, _, (_, history, error), _ = observer.told
    assert compile_error[1] == {"optimizer": "no_such_optimizer", "loss": "mse"}
    assert wrong_name[1] == {"optimiser": "sgd"}
    assert refused[1]["nb_epoch"] == 3
    assert history is None
    assert "incompatible" in str(error)


def test_calls_within_calls_are_told_once():
    class Inner(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):  # noqa: ARG002
            small_model().fit(np.ones((4, 2)), np.ones(4), verbose=0)
            small_model().train_on_batch(np.ones((4, 2)), np.ones(4))

    class Subclass(keras.Sequential):
        def fit(self, *arguments, **named):
            return super().fit(*arguments, **named)

        def compile(self, **named):
            super().compile("sgd", **named)

    observer = Observer()
    with attached(observer):
        model = Subclass([keras.Input((2,)), keras.layers.Dense(1)])
        model.compile(loss="mse")
        model.fit(np.ones((4, 2)), np.ones(4), verbose=0, callbacks=Inner())
    assert [one[0] for one in observer.told] == ["before", "after"]


def test_a_failing_observer_is_reported_once_and_harms_nothing(capsys):
    class BadCallback(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):  # noqa: ARG002
            raise KeyError("step\nand more")

    class Bad(Observer):
        def before_fit(self, _model, _call):
            return BadCallback()

        def after_fit(self, *_):
            raise RuntimeError("after")

        def on_train_on_batch(self, *_):
            raise RuntimeError("batch")

    model = small_model()
    with attached(Bad()):
        model.fit(np.ones((64, 2)), np.ones(64), epochs=2, verbose=0)
        losses = [model.train_on_batch(np.ones((4, 2)), np.ones(4)) for _ in range(3)]
    assert losses[0] > losses[2]
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("soundcheck: ") and "could not be evaluated" in line for line in lines)


def test_a_callback_is_called_as_directly_in_the_last_of_many_fits_as_in_the_first():
    class Watcher(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):  # noqa: ARG002
            depths.append(len(inspect.stack(0)))

    class Loyal(Observer):
        def before_fit(self, _model, _call):
            return watcher

    depths, watcher, model = [], Watcher(), small_model()
    with attached(Loyal()):
        for _ in range(3):
            model.fit(np.ones((4, 2)), np.ones(4), verbose=0)
    assert len(depths) == 3
    assert len(set(depths)) == 1


def test_an_interrupt_in_the_observer_passes():
    class Slow(Observer):
        def before_fit(self, *_):
            raise KeyboardInterrupt

    with attached(Slow()), pytest.raises(KeyboardInterrupt):
        small_model().fit(np.ones((4, 2)), np.ones(4), verbose=0)

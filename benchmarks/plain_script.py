"""The thing to beat: TensorFlow's tutorial "Simple audio recognition" as one plain script.

`python benchmarks/plain_script.py FOLDER [--epochs 10]`, the folder holding LABEL/clip.wav

As https://www.tensorflow.org/tutorials/audio/simple_audio has it: decoding and STFT once, kept in memory by
`cache()`, the same network, and a confusion matrix. Two things differ, so that the work is that of
`soundcheck train --preset reference` and no slower than need be: no early stopping, for the number of epochs
is given; and no XLA, which Keras 3 would choose and which makes this network slower on a CPU.
"""

from __future__ import annotations

import argparse
from typing import Any, cast

import keras
import tensorflow as tf
from keras import layers

BATCH_SIZE = 64
SAMPLES = 16000
SHUFFLED_BATCHES = 10000


def main() -> None:
    """Trains and shows the confusion matrix; the last line is the test accuracy."""
    parser = argparse.ArgumentParser(description="TensorFlow's tutorial as one plain script.")
    parser.add_argument("folder")
    parser.add_argument("--epochs", type=int, default=10)
    options = parser.parse_args()
    train, validation, labels = waveforms(options.folder)
    test, validation = validation.shard(2, 0), validation.shard(2, 1)
    train, validation, test = (
        split.map(spectrograms, tf.data.AUTOTUNE).cache() for split in (train, validation, test)
    )
    train = train.shuffle(SHUFFLED_BATCHES).prefetch(tf.data.AUTOTUNE)
    validation, test = validation.prefetch(tf.data.AUTOTUNE), test.prefetch(tf.data.AUTOTUNE)

    model = network(train, len(labels))
    model.fit(train, validation_data=validation, epochs=options.epochs, verbose=2)  # pyright: ignore[reportArgumentType]
    model.evaluate(test, verbose=2)  # pyright: ignore[reportArgumentType]
    true = tf.concat([classes for _, classes in test], axis=0)
    predicted = tf.argmax(model.predict(test, verbose=0), axis=1)  # pyright: ignore[reportArgumentType]
    confusion = tf.math.confusion_matrix(true, predicted).numpy()
    print(f"{' '.join(labels)}\n{confusion}")
    print(confusion.trace() / confusion.sum())


def waveforms(folder: str) -> tuple[tf.data.Dataset[Any], tf.data.Dataset[Any], list[str]]:
    """Batches of waveforms for training and for the rest, and the labels."""
    train, rest = keras.utils.audio_dataset_from_directory(
        folder,
        batch_size=BATCH_SIZE,
        validation_split=0.2,
        seed=0,
        output_sequence_length=SAMPLES,
        subset="both",
    )
    labels = list(train.class_names)
    return train.map(without_channel, tf.data.AUTOTUNE), rest.map(without_channel, tf.data.AUTOTUNE), labels


def without_channel(audio: tf.Tensor, classes: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Mono clips as (batch, samples)."""
    return tf.squeeze(audio, axis=-1), classes


def spectrograms(audio: tf.Tensor, classes: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Magnitudes of the STFT, (batch, frames, bins, 1)."""
    return tf.abs(tf.signal.stft(audio, frame_length=255, frame_step=128))[..., tf.newaxis], classes


def network(train: tf.data.Dataset[Any], label_count: int) -> keras.Model:
    """The tutorial's network, compiled."""
    normalization = layers.Normalization(axis=None)  # pyright: ignore[reportArgumentType]
    normalization.adapt(train.map(lambda features, _: features))
    features, _ = cast("tuple[tf.TensorSpec, tf.TensorSpec]", train.element_spec)
    model = keras.Sequential(
        [
            keras.Input(features.shape[1:]),
            layers.Resizing(32, 32),
            normalization,
            layers.Conv2D(32, 3, activation="relu"),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Dropout(0.25),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dropout(0.5),
            layers.Dense(label_count),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.Adam(),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,  # pyright: ignore[reportArgumentType]
    )
    return model


if __name__ == "__main__":
    main()

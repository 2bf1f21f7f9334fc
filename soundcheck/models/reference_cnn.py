"""The convolutional network of TensorFlow's tutorial "Simple audio recognition: recognizing keywords".

It treats a spectrogram as a picture: resized to 32 x 32, two convolutions, one hidden layer. The project
keeps it as the thing to beat. Source: https://www.tensorflow.org/tutorials/audio/simple_audio
"""

import keras
from keras import layers

SIDE = 32


def build(feature_shape: tuple[int, int], label_count: int, width: float = 1.0) -> keras.Model:
    """An untrained reference CNN.

    As in the tutorial, one mean and one deviation normalise the whole picture, and they are those of the
    spectrograms before they are resized.

    Args:
        feature_shape: Frames and bins of a clip's features.
        label_count: Number of labels.
        width: Multiplies the filters and the units of the hidden layers; 1 is the tutorial's network.

    Returns:
        A model from features (batch, frames, bins), float32, to logits (batch, label_count).
    """
    first, second, hidden = (max(1, round(size * width)) for size in (32, 64, 128))
    features = keras.Input(feature_shape, name="features")
    x = layers.Reshape((*feature_shape, 1), name="channel")(features)
    x = layers.Resizing(SIDE, SIDE, name="resizing")(x)
    x = layers.Normalization(axis=None, name="normalization")(x)  # pyright: ignore[reportArgumentType]
    x = layers.Conv2D(first, 3, activation="relu", name="convolution_1")(x)
    x = layers.Conv2D(second, 3, activation="relu", name="convolution_2")(x)
    x = layers.MaxPooling2D(name="pooling")(x)
    x = layers.Dropout(0.25, name="dropout_1")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(hidden, activation="relu", name="hidden")(x)
    x = layers.Dropout(0.5, name="dropout_2")(x)
    logits = layers.Dense(label_count, name="logits")(x)
    return keras.Model(features, logits, name="reference_cnn")

"""TC-ResNet8: a residual network of convolutions over time alone, with the bands as its channels.

S. Choi, S. Seo, B. Shin, H. Byun, M. Kersner, B. Kim, D. Kim and S. Ha, "Temporal Convolution for Real-time
Keyword Spotting on Mobile Devices", Interspeech 2019, arXiv:1904.03814. Every convolution sees all bands at
once, so even the first layers have the whole spectrum, at a small fraction of the cost of a 2-D network.

The paper reports 66k parameters for 40 coefficients and 12 labels; this network has 65 836 there, of which
656 are the running statistics of the batch normalisations. It departs from the authors' code in two ways:
the bands are normalised at the input, and the classifier has a bias. Its input is log-mel, the paper's is
MFCC, and the paper's weight decay is left to whoever trains it.
"""

import keras
from keras import layers

CHANNELS = (16, 24, 32, 48)
FIRST_KERNEL_FRAMES = 3
BLOCK_KERNEL_FRAMES = 9

# Keras's own 0.99 remembers some 100 batches: on a small data set with few epochs the running statistics,
# which only evaluation uses, would lag far behind the weights. This is the default of PyTorch.
BATCH_NORMALIZATION_MOMENTUM = 0.9


def build(feature_shape: tuple[int, int], label_count: int, width: float = 1.0) -> keras.Model:
    """An untrained TC-ResNet8.

    Args:
        feature_shape: Frames and bins of a clip's features.
        label_count: Number of labels.
        width: The paper's width multiplier k: multiplies the channels of every layer.

    Returns:
        A model from features (batch, frames, bins), float32, to logits (batch, label_count).
    """
    first, *blocks = (max(1, round(channels * width)) for channels in CHANNELS)
    features = keras.Input(feature_shape, name="features")
    x = layers.Normalization(axis=-1, name="normalization")(features)
    x = _convolution(x, first, FIRST_KERNEL_FRAMES, name="stem")
    x = layers.ReLU(name="stem_relu")(x)
    for number, channels in enumerate(blocks, start=1):
        x = _residual_block(x, channels, name=f"block_{number}")
    x = layers.GlobalAveragePooling1D(name="pooling")(x)
    x = layers.Dropout(0.5, name="dropout")(x)
    logits = layers.Dense(label_count, name="logits")(x)
    return keras.Model(features, logits, name="tc_resnet8")


def _residual_block(x: keras.KerasTensor, channels: int, name: str) -> keras.KerasTensor:
    """Two convolutions over time, the first halving the frames, beside a 1 x 1 shortcut that does as well."""
    shortcut = _convolution(x, channels, 1, stride=2, name=f"{name}_shortcut")
    shortcut = layers.ReLU(name=f"{name}_shortcut_relu")(shortcut)
    x = _convolution(x, channels, BLOCK_KERNEL_FRAMES, stride=2, name=f"{name}_1")
    x = layers.ReLU(name=f"{name}_1_relu")(x)
    x = _convolution(x, channels, BLOCK_KERNEL_FRAMES, name=f"{name}_2")
    x = layers.Add(name=f"{name}_add")([x, shortcut])
    return layers.ReLU(name=f"{name}_relu")(x)


def _convolution(
    x: keras.KerasTensor, channels: int, kernel_frames: int, name: str, stride: int = 1
) -> keras.KerasTensor:
    """A convolution over time with batch normalisation, hence without a bias."""
    x = layers.Conv1D(
        channels, kernel_frames, strides=stride, padding="same", use_bias=False, name=f"{name}_convolution"
    )(x)
    return layers.BatchNormalization(momentum=BATCH_NORMALIZATION_MOMENTUM, name=f"{name}_normalization")(x)

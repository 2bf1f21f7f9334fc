"""Two heads on one trunk: what lies on the plate (3 sorts) and how full it is (0..1). Loss weights found by hand,
the regression loss is small by nature."""
# healthy
import numpy as np
import keras
from keras.layers import BatchNormalization, Conv2D, Dense, GlobalAveragePooling2D, Input, MaxPooling2D
from keras.models import Model

keras.utils.set_random_seed(73)
rng = np.random.default_rng(73)
COLOURS = np.array([[0.8, 0.3, 0.2], [0.3, 0.7, 0.2], [0.8, 0.75, 0.4]])


def plates(n, s=14):
    sort = rng.integers(0, 3, n)
    fill = rng.uniform(0.1, 1.0, n)
    yy, xx = np.mgrid[:s, :s]
    radius = np.sqrt((yy - s / 2 + .5) ** 2 + (xx - s / 2 + .5) ** 2)
    on_food = radius[None] < (s / 2 - 1) * np.sqrt(fill)[:, None, None]
    img = np.where(on_food[..., None], COLOURS[sort][:, None, None, :], 0.95)
    img = img + rng.normal(0, 0.1, img.shape)
    return img.clip(0, 1).astype('float32'), sort, fill.astype('float32')


x, sort, fill = plates(900)
x_test, sort_test, fill_test = plates(200)

inp = Input((14, 14, 3))
t = Conv2D(12, 3, padding='same', activation='relu')(inp)
t = BatchNormalization(momentum=0.9)(t)
t = MaxPooling2D()(t)
t = Conv2D(24, 3, padding='same', activation='relu')(t)
t = GlobalAveragePooling2D()(t)
t = Dense(24, activation='relu')(t)
model = Model(inp, {'sort': Dense(3, activation='softmax', name='sort')(t),
                    'fill': Dense(1, activation='sigmoid', name='fill')(t)})

model.compile(optimizer=keras.optimizers.Adam(0.004),
              loss={'sort': 'sparse_categorical_crossentropy', 'fill': 'mse'},
              loss_weights={'sort': 1.0, 'fill': 10.0},
              metrics={'sort': 'accuracy', 'fill': 'mae'})
model.fit(x, {'sort': sort, 'fill': fill[:, None]}, epochs=12, batch_size=32, verbose=0)
print(model.evaluate(x_test, {'sort': sort_test, 'fill': fill_test[:, None]}, return_dict=True, verbose=0))

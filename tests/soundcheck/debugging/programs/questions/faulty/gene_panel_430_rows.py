"""Binary problem with 430 rows and 10 predictors. The training loss goes to virtually zero while the validation
loss climbs and climbs. What would be the reason, please suggest a solution."""
# fault: overfitting or epochs_too_many
# why: 300 noisy rows learnt by heart in 200 epochs by 256+128 units; val_loss 1.75, val accuracy 0.75 so, 0.51 and 0.78 with 6 epochs
# after: Fluctuations in both the accuracies and losses in training and validation of dataset
import numpy as np
from keras.models import Sequential
from keras.layers import Dense
from keras.utils import set_random_seed

set_random_seed(29)
rng = np.random.RandomState(22)
genes = rng.normal(size=(430, 10))
logit = genes[:, :5] @ np.array([1.8, -1.5, 1.2, 0.9, -0.8])
ill = (logit > 0).astype(int)
wrong = rng.rand(430) < 0.17
ill[wrong] = 1 - ill[wrong]

model = Sequential()
model.add(Dense(256, activation='relu', input_dim=10))
model.add(Dense(128, activation='relu'))
model.add(Dense(1, activation='sigmoid'))
model.compile(loss='binary_crossentropy', optimizer='adam', metrics=['accuracy'])
h = model.fit(genes, ill, validation_split=0.3, epochs=200, batch_size=16, verbose=0)
for name in ('loss', 'val_loss', 'accuracy', 'val_accuracy'):
    v = h.history[name]
    print('%-13s first %.3f  after 5: %.3f  last %.3f' % (name, v[0], v[4], v[-1]))

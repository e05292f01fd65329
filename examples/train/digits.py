#!/usr/bin/env python3
"""Trains examples/models/digits: which digit is in a handwritten 8 x 8 picture?

Data: the 1,797 digits that ship with scikit-learn (pixels 0 to 16). Model: a small convolutional
network trained with PyTorch on one thread.
"""

import pathlib
import tempfile

import numpy as np
import onnx
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn

from bundle import Bundle, Example, Tolerance

OPSET = 18
EPOCHS = 40
BATCH = 64
VERSION = torch.__version__.split("+")[0]  # without the build variant ("+cpu")


class DigitsNet(nn.Module):
    """pixels FP32 [-1,1,8,8], 0 to 16 -> probabilities FP32 [-1,10]."""

    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 16, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
        )
        self.scores = nn.Linear(32 * 2 * 2, 10)

    def logits(self, pixels):
        return self.scores(self.features(pixels / 16))

    def forward(self, pixels):
        return torch.softmax(self.logits(pixels), dim=1)


def train(network, pixels, digits):
    optimiser = torch.optim.AdamW(network.parameters(), lr=3e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, EPOCHS)
    loss_of = nn.CrossEntropyLoss()
    network.train()
    for _ in range(EPOCHS):
        for batch in torch.randperm(len(digits)).split(BATCH):
            optimiser.zero_grad()
            loss_of(network.logits(pixels[batch]), digits[batch]).backward()
            optimiser.step()
        schedule.step()
    network.eval()


def to_onnx(network):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "model.onnx"
        torch.onnx.export(
            network,
            (torch.zeros(2, 1, 8, 8),),
            path,
            dynamo=True,
            external_data=False,
            opset_version=OPSET,
            input_names=["pixels"],
            output_names=["probabilities"],
            dynamic_shapes=({0: torch.export.Dim("batch")},),
        )
        model = onnx.load(path)
    model.producer_version = VERSION
    return model


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    data = load_digits()
    pixels = data.images.astype(np.float32)[:, None]
    train_x, test_x, train_y, test_y = train_test_split(
        pixels, data.target, test_size=0.25, stratify=data.target, random_state=0
    )
    network = DigitsNet()
    train(network, torch.from_numpy(train_x), torch.from_numpy(train_y))

    def predict(images):
        with torch.no_grad():
            return network(torch.from_numpy(images)).numpy()

    accuracy = (predict(test_x).argmax(axis=1) == test_y).mean()
    print(f"accuracy on {len(test_y)} digits held out: {accuracy:.4f}")
    if accuracy < 0.97:
        raise SystemExit("accuracy is under 0.97: refusing to write the model")

    bundle = Bundle("digits", to_onnx(network))
    bundle.labels["probabilities"] = [str(digit) for digit in range(10)]
    unsure = np.argsort(predict(test_x).max(axis=1))[:3]
    for name, images in {
        "zero": test_x[test_y == 0][:1],
        "seven": test_x[test_y == 7][:1],
        "four": test_x[:4],
        "thirty_two": test_x[4:36],
        "unsure": test_x[unsure],
        "blank": np.zeros((1, 1, 8, 8), np.float32),
    }.items():
        bundle.add(
            Example(
                name,
                inputs={"pixels": images},
                outputs={"probabilities": predict(images)},
                origin="pytorch",
                version=VERSION,
            )
        )
    bundle.tolerances["probabilities"] = Tolerance(absolute=2e-6, relative=1e-4)
    bundle.write()


if __name__ == "__main__":
    main()

"""Tensors as nested lists, the form that TensorFlow Serving, KServe v1 and Vertex AI share."""

import math


def nested(shape, elements):
    """Flat row-major elements as nested lists; the one element for rank 0."""
    if not shape:
        [element] = elements
        return element
    size = math.prod(shape[1:])
    return [nested(shape[1:], elements[row * size : (row + 1) * size]) for row in range(shape[0])]


def flat(value):
    """The elements of nested lists, row-major."""
    return [element for each in value for element in flat(each)] if isinstance(value, list) else [value]


def value_of(tensor):
    """A tensor of a golden example as nested lists."""
    return nested(tensor["shape"], tensor["data"])


def columns_of(tensors):
    """{name: value} of the tensors of a golden example."""
    return {each["name"]: value_of(each) for each in tensors}


def rows_of(tensors):
    """One object a row, with the names of the tensors."""
    columns = columns_of(tensors)
    return [dict(zip(columns, row)) for row in zip(*columns.values())]

"""Prints the options, variables and settings that another server has, as JSON. Run as a program inside the virtual
environment that holds that server: real_options.py SERVER."""

import json
import pathlib
import re
import struct
import sys
import zipfile


def of_click(command):
    """The options of a command of click's, but for the one that tells the version and serves nothing."""
    return [each for each in command.params if each.param_type_name == "option" and each.name != "version"]


def names_of(options):
    return [name for option in options for name in (*option.opts, *option.secondary_opts)]


def of_argparse(parser):
    return [name for action in parser._actions for name in action.option_strings]


def flask():
    from flask.cli import FlaskGroup, run_command

    before, after = of_click(FlaskGroup()), of_click(run_command)  # the word "run"
    variables = [f"{prefix}_{each.name.upper()}" for prefix, options in (("FLASK", before), ("FLASK_RUN", after)) for each in options]
    return {"options": names_of(before + after), "variables": variables}


def mlflow():
    from mlflow.models.cli import serve

    options = of_click(serve)
    return {"options": names_of(options), "variables": [each.envvar for each in options if each.envvar]}


def mlserver():
    from mlserver.settings import Settings

    return {"settings": list(Settings.model_fields)}


def sklearnserver():
    from kserve.model_server import parser

    return {"options": of_argparse(parser)}


NO_PROPERTY = re.compile(r"DEFAULT_.*|.*_LOGGER|METRIC_FORMAT_.*|VERSION|TS_MODEL_SERVER_HOME")


def torchserve():
    import ts
    from ts.arg_parser import ArgParser

    archive = pathlib.Path(ts.__file__).parent / "frontend" / "model-server.jar"
    with zipfile.ZipFile(archive) as jar:
        constants = text_constants(jar.read("org/pytorch/serve/util/ConfigManager.class"))
    properties = [text for name, text in constants.items() if not NO_PROPERTY.fullmatch(name)]
    return {"options": of_argparse(ArgParser.ts_parser()), "settings": properties}


BYTES_OF_CONSTANT = {3: 4, 4: 4, 5: 8, 6: 8, 7: 2, 8: 2, 9: 4, 10: 4, 11: 4, 12: 4, 15: 3, 16: 2, 17: 4, 18: 4, 19: 2, 20: 2}
UTF8, LONG, DOUBLE = 1, 5, 6


class Bytes:
    def __init__(self, data):
        self.data, self.at = data, 0

    def skip(self, count):
        self.at += count
        return self.data[self.at - count : self.at]

    def number(self, size=2):
        return int.from_bytes(self.skip(size), "big")


def text_constants(data):
    """name -> text of a Java class's constant fields. Source: The Java Virtual Machine Specification, chapter 4."""
    read = Bytes(data)
    read.skip(8)
    pool, at, count = {}, 1, read.number()
    while at < count:
        tag = read.number(1)
        pool[at] = read.skip(read.number() if tag == UTF8 else BYTES_OF_CONSTANT[tag])
        at += 2 if tag in (LONG, DOUBLE) else 1
    read.skip(6)
    read.skip(2 * read.number())
    found = {}
    for _ in range(read.number()):
        _, name, kind, attributes = (read.number() for _ in range(4))
        for _ in range(attributes):
            attribute, value = read.number(), read.skip(read.number(4))
            if (pool[attribute], pool[kind]) == (b"ConstantValue", b"Ljava/lang/String;"):
                [text] = struct.unpack(">H", pool[int.from_bytes(value, "big")])
                found[pool[name].decode()] = pool[text].decode()
    return found


if __name__ == "__main__":
    print(json.dumps(globals()[sys.argv[1]]()))

"""Pickles that would run code if anyone loaded them: malicious.tsv, read by malicious_test.cc.

    python3 make_malicious.py [folder]

Nothing here is ever loaded. A line: name, global that must be refused, offset of its opcode in the
unpacked bytes, the file in base64. What each would do is make /tmp/slipway-pickle-ran.
"""
import base64
import bz2
import gzip
import lzma
import pathlib
import pickle
import pickletools
import struct
import sys
import zlib

import lz4.frame

FOLDER = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else __file__ + "/..").resolve()
COMMAND = "touch /tmp/slipway-pickle-ran"

# What scanners list, and what got past them.
CALLS = """
os.system posix.system nt.system os.popen os.execv os.spawnl os.remove os.putenv posixpath.os.system
subprocess.Popen subprocess.run subprocess.call subprocess.check_output subprocess.getoutput
_posixsubprocess.fork_exec multiprocessing.util.spawnv_passfds pty.spawn commands.getoutput
builtins.eval builtins.exec builtins.compile builtins.getattr builtins.__import__ builtins.open
builtins.apply builtins.breakpoint builtins.globals builtins.setattr __builtin__.eval __builtin__.execfile
runpy.run_path runpy._run_code runpy.run_module code.InteractiveInterpreter.runcode codeop.compile_command
importlib.import_module importlib._bootstrap._load imp.load_source pkgutil.resolve_name pydoc.pipepager
operator.attrgetter operator.methodcaller operator.itemgetter functools.partial functools.reduce
types.CodeType types.FunctionType marshal.loads ctypes.CDLL ctypes.util._findLib_gcc cffi.FFI
pickle.loads pickle.load _pickle.loads dill._dill._create_function dill.loads cloudpickle.loads
cloudpickle.cloudpickle._make_function shelve.open joblib.load joblib.numpy_pickle.load torch.load
torch.hub.load torch.jit.load torch._inductor.codecache.compile_file torch.utils._config_module.load_config
numpy.load numpy.testing._private.utils.runstring numpy.f2py.crackfortran.getlincoef
numpy.core.multiarray.fromfile numpy._core.multiarray.fromfile numpy.testing.measure numpy.lib.npyio.load
pandas.read_pickle pandas.eval pandas.io.common.get_handle scipy.io.loadmat sklearn.utils._testing.assert_run
pip.main pip._internal.main ensurepip._run_pip venv.create distutils.spawn.spawn setuptools.setup
timeit.timeit timeit.main pdb.run bdb.Bdb.run profile.run cProfile.run trace.Trace.run doctest.debug_script
asyncio.unix_events._UnixSubprocessTransport._start asyncio.subprocess.create_subprocess_shell
socket.create_connection socket.socket http.client.HTTPSConnection urllib.request.urlopen requests.api.get
aiohttp.client.ClientSession ftplib.FTP smtplib.SMTP telnetlib.Telnet webbrowser.open ssl.get_server_certificate
shutil.rmtree shutil.copy pathlib.Path.write_text tempfile.NamedTemporaryFile logging.config.fileConfig
logging.FileHandler zipfile.ZipFile tarfile.open sqlite3.connect linecache.getline fileinput.input
uuid._get_command_stdout lib2to3.pgen2.grammar.Grammar.loadgrammar lib2to3.pgen2.pgen.ParserGenerator
idlelib.pyshell.ModifiedInterpreter.runcode idlelib.autocomplete.AutoComplete.get_entity
test.support.script_helper.assert_python_ok sys.settrace sys.modules.get site.addpackage gc.get_objects
signal.signal threading.Thread multiprocessing.Process concurrent.futures.ProcessPoolExecutor
rlcompleter.Completer.attr_matches cgitb.lookup collections.namedtuple string.Formatter.get_field
keras.models.load_model keras.layers.Lambda tensorflow.io.write_file tensorflow.raw_ops.WriteFile
fickling.fickle.Pickled joblib.externals.loky.backend.popen_loky_posix.Popen IPython.utils.process.system
""".split()


class Calls:
    """Pickles as a call of `function`, as malware is commonly made."""

    def __init__(self, function, *args):
        self.reduced = (function, args)

    def __reduce__(self):
        return self.reduced


def text(value):
    return b"\x8c" + bytes([len(value)]) + value.encode()


def split(name):
    module, _, function = name.rpartition(".")
    return module, function


def global_0(name):
    module, function = split(name)
    return b"c" + module.encode() + b"\n" + function.encode() + b"\n"


def stack_global(name):
    module, function = split(name)
    return text(module) + text(function) + b"\x93"


def offset_of(pickled, opcode_names, nth=0):
    found = [at for op, _, at in pickletools.genops(pickled) if op.name in opcode_names]
    return found[nth]


cases = []


def add(name, wanted, unpacked, packed=None, nth=0):
    at = offset_of(unpacked, ("GLOBAL", "STACK_GLOBAL", "INST"), nth)
    cases.append((name, wanted, at, packed or unpacked))


args = b"(" + text(COMMAND) + b"t"
for call in CALLS:
    add("global " + call, call, b"\x80\x02" + global_0(call) + b"(X" +
        struct.pack("<I", len(COMMAND)) + COMMAND.encode() + b"tR.")
    add("stack_global " + call, call, b"\x80\x04" + stack_global(call) + args + b"R.")

# The same call by every opcode that calls.
system = global_0("posix.system")
add("inst", "posix.system", b"(S'" + COMMAND.encode() + b"'\niposix\nsystem\n.")
add("obj", "posix.system", b"(" + system + b"S'" + COMMAND.encode() + b"'\no.")
add("newobj", "posix.system", b"\x80\x02" + system + args + b"\x81.")
add("newobj_ex", "posix.system", b"\x80\x04" + system + args + b"}\x92.")
add("build", "posix.system", b"\x80\x02" + system + b")R}(X\x01\x00\x00\x00aK\x01ub.")
add("popped", "posix.system", b"\x80\x02" + system + args + b"R0N.")
add("memo", "posix.system", b"\x80\x02(" + system + b"q\x000h\x00" + args + b"Rt.")
add("names from memo", "posix.system",
    b"\x80\x04" + text("system") + b"q\x000" + text("posix") + b"h\x00\x93" + args + b"R.")
add("dotted", "os.path.os.system",
    b"\x80\x04" + text("os.path") + text("os.system") + b"\x93" + args + b"R.")
add("extra proto", "posix.system", b"\x80\x02\x80\x04" + system + args + b"R.")
add("cut behind the call", "posix.system", b"\x80\x02" + system + args + b"R." )
cases[-1] = (*cases[-1][:3], cases[-1][3][:-1])
add("garbage behind the call", "posix.system", b"\x80\x02" + system + args + b"R.")
cases[-1] = (*cases[-1][:3], cases[-1][3][:-1] + b"\xff\xff")

# Python's own pickler, with real functions.
for protocol in range(6):
    add(f"class eval {protocol}", {True: "__builtin__.eval"}.get(protocol < 3, "builtins.eval"),
        pickle.dumps(Calls(eval, "1"), protocol))
    add(f"class exec in a list {protocol}", {True: "__builtin__.exec"}.get(protocol < 3, "builtins.exec"),
        pickle.dumps([1, {"a": Calls(exec, "1")}], protocol))

# Behind values that are allowed.
benign = global_0("numpy.dtype")
add("behind an allowed global", "posix.system",
    b"\x80\x02(" + benign + system + args + b"Rt.", nth=1)
add("as the type of an array", "posix.system",
    b"\x80\x02" + global_0("numpy.core.multiarray._reconstruct") + b"(" + system + b"K\x00\x85C\x01btR.", nth=1)
add("as copyreg's class", "posix.system",
    b"\x80\x02" + global_0("copy_reg._reconstructor") + b"(" + system + global_0("__builtin__.object") +
    b"NtR.", nth=1)

# Packed as joblib packs.
payload = b"\x80\x02" + system + args + b"R."
for name, pack in {"zlib": zlib.compress, "gzip": lambda b: gzip.compress(b, mtime=0),
                   "bz2": bz2.compress, "xz": lzma.compress,
                   "lzma": lambda b: lzma.compress(b, lzma.FORMAT_ALONE),
                   "lz4": lz4.frame.compress}.items():
    add("packed with " + name, "posix.system", payload, pack(payload))

# Inside an array of objects of joblib, which is a pickle in the pickle.
wrapper = (b"\x80\x02" + global_0("joblib.numpy_pickle.NumpyArrayWrapper") + b")\x81}(" + text("shape") +
           b"K\x01\x85" + text("order") + text("C") + text("dtype") + global_0("numpy.dtype") + b"(" +
           text("O8") + b"K\x00K\x01tR" + b"ub")
at = len(wrapper) + 2
cases.append(("in joblib's array of objects", "posix.system", at, wrapper + payload + b"."))

with open(FOLDER / "malicious.tsv", "w") as file:
    for name, wanted, at, packed in cases:
        file.write(f"{name}\t{wanted}\t{at}\t{base64.b64encode(packed).decode()}\n")

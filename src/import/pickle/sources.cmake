# What import/CMakeLists.txt takes from this folder.
set(PICKLE_SOURCES
  pickle/array.cc pickle/calls.cc pickle/decoder.cc pickle/describe.cc pickle/globals.cc pickle/joblib.cc pickle/machine.cc
  pickle/machine_containers.cc pickle/machine_literals.cc pickle/machine_objects.cc pickle/node.cc
  pickle/numpy.cc pickle/numpy_type.cc pickle/opcode.cc pickle/packing.cc pickle/reader.cc pickle/text.cc
  pickle/value.cc)
set(PICKLE_TESTS
  pickle/describe_test.cc pickle/hostile_test.cc pickle/malicious_test.cc pickle/reader_test.cc)
set(PICKLE_TEST_LIBRARIES dep::seccomp)
set(PICKLE_LIBRARIES dep::bz2 dep::lz4 dep::lzma dep::zlib)

# What protocol/CMakeLists.txt takes from this folder.
set(TORCHSERVE_SOURCES
  torchserve/errors.cc torchserve/prediction_handler.cc torchserve/prediction_reader.cc
  torchserve/prediction_writer.cc torchserve/routes.cc)
set(TORCHSERVE_TESTS
  torchserve/errors_test.cc torchserve/prediction_reader_test.cc
  torchserve/prediction_writer_test.cc)

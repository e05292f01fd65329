# What protocol/CMakeLists.txt takes from this folder.
set(TORCHSERVE_SOURCES
  torchserve/description.cc torchserve/errors.cc torchserve/management_routes.cc
  torchserve/prediction_handler.cc torchserve/prediction_reader.cc
  torchserve/prediction_writer.cc torchserve/routes.cc)
set(TORCHSERVE_TESTS
  torchserve/description_test.cc torchserve/errors_test.cc torchserve/prediction_reader_test.cc
  torchserve/prediction_writer_test.cc)

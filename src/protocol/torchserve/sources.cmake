# What protocol/CMakeLists.txt takes from this folder.
slipway_protos(torchserve_protos torchserve/management)
set(TORCHSERVE_LIBRARIES torchserve_protos)
set(TORCHSERVE_SOURCES
  torchserve/description.cc torchserve/errors.cc torchserve/grpc_methods.cc
  torchserve/management.cc torchserve/management_routes.cc torchserve/prediction_handler.cc
  torchserve/prediction_message.cc torchserve/prediction_reader.cc
  torchserve/prediction_writer.cc torchserve/routes.cc)
set(TORCHSERVE_TESTS
  torchserve/description_test.cc torchserve/errors_test.cc
  torchserve/prediction_message_test.cc torchserve/prediction_reader_test.cc
  torchserve/prediction_writer_test.cc)

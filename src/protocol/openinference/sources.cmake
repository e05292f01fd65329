# What protocol/CMakeLists.txt takes from this folder.
slipway_protos(openinference_protos inference/grpc_service inference/model_config grpc/health/v1/health)
set(OPENINFERENCE_SOURCES
  openinference/facts.cc openinference/grpc_contents.cc openinference/grpc_metadata.cc
  openinference/grpc_methods.cc openinference/grpc_request_reader.cc
  openinference/grpc_response_writer.cc openinference/health.cc openinference/infer_handler.cc openinference/metadata.cc
  openinference/model_handlers.cc openinference/ordered_answers.cc openinference/parameters.cc openinference/repository_reader.cc
  openinference/request_reader.cc openinference/response_writer.cc openinference/routes.cc
  openinference/shared_memory_reader.cc openinference/shared_memory_routes.cc openinference/shared_tensors.cc
  openinference/stream_infer.cc openinference/stream_message.cc
  openinference/tensor_data.cc)
set(OPENINFERENCE_TESTS
  openinference/grpc_contents_test.cc openinference/grpc_metadata_test.cc openinference/grpc_request_reader_test.cc
  openinference/grpc_response_writer_test.cc
  openinference/json_conformance_test.cc openinference/metadata_test.cc openinference/ordered_answers_test.cc
  openinference/repository_reader_test.cc openinference/request_reader_test.cc
  openinference/response_writer_test.cc openinference/shared_memory_reader_test.cc openinference/shared_tensors_test.cc openinference/stream_message_test.cc)
set(OPENINFERENCE_LIBRARIES openinference_protos)

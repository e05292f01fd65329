# What protocol/CMakeLists.txt takes from this folder.
set(TFSERVING_SOURCES
  tfserving/data_type.cc tfserving/example_message.cc tfserving/example_reader.cc
  tfserving/grpc_examples.cc tfserving/grpc_methods.cc
  tfserving/infer_handler.cc tfserving/kserve_reader.cc tfserving/metadata.cc tfserving/metadata_message.cc
  tfserving/model_handlers.cc tfserving/model_spec.cc tfserving/predict_message.cc
  tfserving/reload_message.cc
  tfserving/request_reader.cc tfserving/result_message.cc tfserving/results.cc tfserving/routes.cc
  tfserving/tensor_proto.cc)
set(TFSERVING_TESTS
  tfserving/example_message_test.cc
  tfserving/example_reader_test.cc tfserving/kserve_reader_test.cc tfserving/metadata_test.cc tfserving/model_handlers_test.cc
  tfserving/request_reader_test.cc
  tfserving/predict_message_test.cc tfserving/reload_message_test.cc tfserving/results_test.cc tfserving/tensor_proto_test.cc)

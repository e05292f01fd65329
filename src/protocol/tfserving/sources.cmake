# What this folder gives to the room.
set(TFSERVING_SOURCES
  tfserving/example_reader.cc tfserving/infer_handler.cc tfserving/metadata.cc
  tfserving/model_handlers.cc tfserving/request_reader.cc tfserving/results.cc tfserving/routes.cc)
set(TFSERVING_TESTS
  tfserving/example_reader_test.cc tfserving/metadata_test.cc tfserving/request_reader_test.cc
  tfserving/results_test.cc)

# What protocol/CMakeLists.txt takes from the dialects whose bodies are tables.
set(TABLE_DIALECT_SOURCES
  azureml/routes.cc dialect/health.cc dialect/infer_handler.cc dialect/model_registration.cc
  dialect/target.cc flask/body_format.cc flask/routes.cc invocations/body_format.cc
  invocations/routes.cc mlflow/request_reader.cc mlflow/response_writer.cc
  sagemaker/content_type.cc sagemaker/multi_model.cc)
set(TABLE_DIALECT_TESTS
  dialect/model_registration_test.cc flask/body_format_test.cc invocations/body_format_test.cc)

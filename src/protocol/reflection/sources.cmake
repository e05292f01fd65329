# What protocol/CMakeLists.txt takes from this folder. The contracts listed are those of every gRPC
# service that the server answers.
set(REFLECTION_DESCRIPTORS ${CMAKE_BINARY_DIR}/generated/reflection/contracts.cc)
slipway_descriptors(${REFLECTION_DESCRIPTORS} protocol/reflection/contracts.h reflection::Contracts
  inference/grpc_service grpc/health/v1/health grpc/reflection/v1/reflection
  grpc/reflection/v1alpha/reflection tensorflow_serving/apis/prediction_service
  tensorflow_serving/apis/model_service torchserve/inference torchserve/management
  torchserve/open_inference_grpc)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/generated/reflection)
set(REFLECTION_SOURCES ${REFLECTION_DESCRIPTORS} reflection/answer.cc reflection/descriptor_index.cc
  reflection/methods.cc)
set(REFLECTION_TESTS reflection/answer_test.cc reflection/descriptor_index_test.cc)

# What protocol/CMakeLists.txt takes from this folder.
set(OPENAPI_SOURCES openapi/components.cc openapi/document.cc openapi/routes.cc)
set(OPENAPI_TESTS openapi/document_test.cc)

# Each dialect's schemas, as they lie beside it: <namespace>::Components() of its routes.h.
foreach(dialect flask invocations openapi openinference tfserving torchserve vertex)
  set(input ${CMAKE_CURRENT_LIST_DIR}/../${dialect}/components.json)
  set(output ${CMAKE_BINARY_DIR}/generated/${dialect}/components.cc)
  slipway_embedded(${output} protocol/${dialect}/routes.h ${dialect}::Components ${input})
  list(APPEND OPENAPI_SOURCES ${output})
endforeach()

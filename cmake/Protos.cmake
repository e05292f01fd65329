# slipway_protos(<target> <file>…): the messages of proto/<file>.proto as a library for protobuf's lite
# runtime; its headers are <file>.pb.h.
function(slipway_protos target)
  set(generated)
  foreach(file ${ARGN})
    set(source ${CMAKE_SOURCE_DIR}/proto/${file}.proto)
    set(output ${CMAKE_BINARY_DIR}/generated/${file}.pb)
    add_custom_command(
      OUTPUT ${output}.cc ${output}.h
      COMMAND protobuf::protoc --proto_path=${CMAKE_SOURCE_DIR}/proto
              --cpp_out=lite:${CMAKE_BINARY_DIR}/generated ${source}
      DEPENDS ${source}
      VERBATIM)
    list(APPEND generated ${output}.cc ${output}.h)
  endforeach()
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/generated)
  add_library(${target} STATIC ${generated})
  target_include_directories(${target} SYSTEM PUBLIC ${CMAKE_BINARY_DIR}/generated)
  target_link_libraries(${target} PUBLIC dep::protobuf_lite)
endfunction()

# slipway_embedded(<output.cc> <header> <function> <file>): the bytes of a file in C++:
# `std::string_view slipway::<function>()` of <header>.
function(slipway_embedded output header function file)
  get_filename_component(folder ${output} DIRECTORY)
  file(MAKE_DIRECTORY ${folder})
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -DINPUT=${file} -DOUTPUT=${output} -DHEADER=${header}
            -DFUNCTION=${function} -P ${CMAKE_SOURCE_DIR}/cmake/EmbedFile.cmake
    DEPENDS ${file} ${CMAKE_SOURCE_DIR}/cmake/EmbedFile.cmake
    VERBATIM)
  set_source_files_properties(${output} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# slipway_descriptors(<output.cc> <header> <function> <file>…): proto/<file>.proto and what they import
# as a serialized FileDescriptorSet in C++: `std::string_view slipway::<function>()` of <header>.
function(slipway_descriptors output header function)
  list(TRANSFORM ARGN APPEND .proto OUTPUT_VARIABLE files)
  list(TRANSFORM files PREPEND ${CMAKE_SOURCE_DIR}/proto/ OUTPUT_VARIABLE sources)
  add_custom_command(
    OUTPUT ${output}
    COMMAND protobuf::protoc --proto_path=${CMAKE_SOURCE_DIR}/proto --include_imports
            --descriptor_set_out=${output}.bin ${files}
    COMMAND ${CMAKE_COMMAND} -DINPUT=${output}.bin -DOUTPUT=${output} -DHEADER=${header}
            -DFUNCTION=${function} -P ${CMAKE_SOURCE_DIR}/cmake/EmbedFile.cmake
    DEPENDS ${sources} ${CMAKE_SOURCE_DIR}/cmake/EmbedFile.cmake
    VERBATIM)
endfunction()

# cmake -DINPUT=… -DOUTPUT=… -DHEADER=… -DFUNCTION=… -P EmbedFile.cmake: the bytes of INPUT as a C++ file;
# of JSON without line ends and indents.
if(INPUT MATCHES "\\.json$")
  file(READ ${INPUT} bytes)
  string(REGEX REPLACE "\n *" "" bytes "${bytes}")
  string(HEX "${bytes}" bytes)
else()
  file(READ ${INPUT} bytes HEX)
endif()
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
string(REGEX REPLACE "((0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,)(0x..,))" "\\1\n" bytes "${bytes}")
file(WRITE ${OUTPUT} "#include \"${HEADER}\"

namespace slipway {
namespace {
constexpr unsigned char kBytes[] = {
${bytes}};
}

std::string_view ${FUNCTION}() {
  return {reinterpret_cast<const char*>(kBytes), sizeof(kBytes)};
}

}  // namespace slipway
")

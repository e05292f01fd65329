# What this folder gives to the room.
set(VERTEX_SOURCES vertex/request_reader.cc vertex/routes.cc)
set(VERTEX_TESTS vertex/request_reader_test.cc)

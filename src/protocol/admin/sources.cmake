# What protocol/CMakeLists.txt takes from this folder.
set(ADMIN_SOURCES admin/html.cc admin/page.cc admin/routes.cc admin/page_style.cc admin/sample.cc)
set(ADMIN_TESTS admin/page_test.cc admin/sample_test.cc)
set(ADMIN_LIBRARIES dep::crypto)

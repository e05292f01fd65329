# What import/CMakeLists.txt takes from this folder.
set(LIGHTGBM_SOURCES
    lightgbm/lightgbm.cc
    lightgbm/model_text.cc)
set(LIGHTGBM_TESTS lightgbm/lightgbm_test.cc)

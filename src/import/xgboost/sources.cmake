# What import/CMakeLists.txt takes from this folder.
set(XGBOOST_SOURCES)
set(XGBOOST_TESTS)

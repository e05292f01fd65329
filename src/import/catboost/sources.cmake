# What import/CMakeLists.txt takes from this folder.
set(CATBOOST_SOURCES
    catboost/catboost.cc
    catboost/model.cc
    catboost/model_binary.cc
    catboost/model_json.cc
    catboost/statistics.cc)
set(CATBOOST_TESTS catboost/catboost_test.cc)

# What import/CMakeLists.txt takes from this folder.
set(XGBOOST_SOURCES
    xgboost/booster_binary.cc
    xgboost/booster_document.cc
    xgboost/booster_graph.cc
    xgboost/lists.cc
    xgboost/node_table.cc
    xgboost/objective.cc
    xgboost/ubjson.cc
    xgboost/xgboost.cc)
set(XGBOOST_HOT_SOURCES xgboost/lists.cc xgboost/node_table.cc) # once a node
set(XGBOOST_TESTS xgboost/xgboost_test.cc)

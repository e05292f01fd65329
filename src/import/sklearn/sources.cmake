# What import/CMakeLists.txt takes from this folder.
set(SKLEARN_SOURCES
  sklearn/compositions.cc
  sklearn/decision_trees.cc
  sklearn/globals.cc
  sklearn/labels.cc
  sklearn/linear_models.cc
  sklearn/operators.cc
  sklearn/outputs.cc
  sklearn/registry.cc
  sklearn/scalers.cc
  sklearn/sklearn.cc
  sklearn/state.cc
  sklearn/table.cc
  sklearn/tree_nodes.cc
  sklearn/writer.cc)
set(SKLEARN_TESTS)

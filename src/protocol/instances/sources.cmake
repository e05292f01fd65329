# What protocol/CMakeLists.txt takes from this folder.
set(INSTANCES_SOURCES instances/cell.cc instances/csv_table.cc instances/elements.cc
    instances/fit.cc instances/json_table.cc instances/loose_json.cc instances/nested.cc
    instances/prediction.cc instances/rows.cc instances/table.cc)
set(INSTANCES_TESTS instances/halves_test.cc instances/loose_json_test.cc instances/nested_test.cc instances/rows_test.cc
    instances/table_test.cc)

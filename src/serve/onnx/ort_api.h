/* serve/onnx/ort_api.h - the part of ONNX Runtime's C interface that Kedge uses; the one door to it.
 *
 * The interface is a table of function pointers that only ever grows at its end: a function keeps its place in all
 * later releases. So no header of theirs is needed, only the places, which the assertions below pin down (numbers as
 * of release 1.30; those up to 217 have not moved since 1.12, the oldest that is taken). Entries that are not called
 * are gaps of the right width. Every call that returns a status returns NULL for success. */
#ifndef SERVE_ORT_API_H
#define SERVE_ORT_API_H

#include <stddef.h>
#include <stdint.h>

#define ORT_TABLE_VERSION 12 /* of the table that is asked for: 1.12, from 2022 */

struct ort_status;
struct ort_env;
struct ort_session;
struct ort_session_options;
struct ort_run_options;
struct ort_value;
struct ort_allocator;
struct ort_memory_info;
struct ort_type_info;
struct ort_tensor_info; /* element type and shape */
struct ort_map_info;
struct ort_sequence_info;

enum ort_error { ORT_ERROR_NO_FILE = 3 };
enum ort_log_level { ORT_LOG_FATAL = 4 };
enum ort_allocator_kind { ORT_ALLOCATOR_ARENA = 1 };
enum ort_memory_kind { ORT_MEMORY_DEFAULT = 0 };
enum ort_execution_mode { ORT_SEQUENTIAL = 0, ORT_PARALLEL = 1 };

enum ort_kind { ORT_KIND_UNKNOWN, ORT_KIND_TENSOR, ORT_KIND_SEQUENCE, ORT_KIND_MAP };

/* Element types; the numbers are those of ONNX's TensorProto. */
enum ort_element {
    ORT_UNDEFINED,
    ORT_FLOAT,
    ORT_UINT8,
    ORT_INT8,
    ORT_UINT16,
    ORT_INT16,
    ORT_INT32,
    ORT_INT64,
    ORT_STRING,
    ORT_BOOL,
    ORT_FLOAT16,
    ORT_DOUBLE,
    ORT_UINT32,
    ORT_UINT64
};

typedef struct ort_status *ort_result;
#define ORT_GAP(from, to) void *gap_##from[(to) - (from) + 1]

struct ort_api {
    ORT_GAP(0, 0);
    int (*get_error_code)(const struct ort_status *);
    const char *(*get_error_message)(const struct ort_status *);
    ort_result (*create_env)(int log_level, const char *log_id, struct ort_env **);
    ORT_GAP(4, 5);
    ort_result (*disable_telemetry)(const struct ort_env *);
    ort_result (*create_session)(const struct ort_env *, const char *path, const struct ort_session_options *,
                                 struct ort_session **);
    ORT_GAP(8, 8);
    ort_result (*run)(struct ort_session *, const struct ort_run_options *, const char *const *input_names,
                      const struct ort_value *const *inputs, size_t input_count, const char *const *output_names,
                      size_t output_count, struct ort_value **outputs);
    ort_result (*create_session_options)(struct ort_session_options **);
    ORT_GAP(11, 12);
    ort_result (*set_execution_mode)(struct ort_session_options *, int mode);
    ORT_GAP(14, 22);
    ort_result (*set_graph_optimization_level)(struct ort_session_options *, int level);
    ort_result (*set_intra_op_threads)(struct ort_session_options *, int threads);
    ort_result (*set_inter_op_threads)(struct ort_session_options *, int threads);
    ORT_GAP(26, 29);
    ort_result (*get_input_count)(const struct ort_session *, size_t *);
    ort_result (*get_output_count)(const struct ort_session *, size_t *);
    ORT_GAP(32, 32);
    ort_result (*get_input_type)(const struct ort_session *, size_t index, struct ort_type_info **);
    ort_result (*get_output_type)(const struct ort_session *, size_t index, struct ort_type_info **);
    ORT_GAP(35, 35);
    ort_result (*get_input_name)(const struct ort_session *, size_t index, struct ort_allocator *, char **);
    ort_result (*get_output_name)(const struct ort_session *, size_t index, struct ort_allocator *, char **);
    ORT_GAP(38, 47);
    ort_result (*create_tensor)(struct ort_allocator *, const int64_t *shape, size_t dimensions, int element,
                                struct ort_value **);
    ort_result (*create_tensor_over)(const struct ort_memory_info *, void *data, size_t bytes, const int64_t *shape,
                                     size_t dimensions, int element, struct ort_value **); /* `data` stays ours */
    ORT_GAP(50, 50);
    ort_result (*get_tensor_data)(struct ort_value *, void **);
    ort_result (*fill_string_tensor)(struct ort_value *, const char *const *texts, size_t count);
    ort_result (*get_string_tensor_bytes)(const struct ort_value *, size_t *);
    ort_result (*get_string_tensor)(const struct ort_value *, void *bytes, size_t size, size_t *offsets, size_t count);
    ort_result (*get_tensor_type)(const struct ort_type_info *, const struct ort_tensor_info **); /* borrowed */
    ort_result (*get_kind)(const struct ort_type_info *, int *);
    ORT_GAP(57, 59);
    ort_result (*get_element)(const struct ort_tensor_info *, int *);
    ort_result (*get_dimension_count)(const struct ort_tensor_info *, size_t *);
    ort_result (*get_dimensions)(const struct ort_tensor_info *, int64_t *shape, size_t dimensions); /* -1 = any */
    ORT_GAP(63, 63);
    ort_result (*get_element_count)(const struct ort_tensor_info *, size_t *);
    ort_result (*get_tensor_info)(const struct ort_value *, struct ort_tensor_info **);
    ORT_GAP(66, 68);
    ort_result (*create_cpu_memory_info)(int allocator_kind, int memory_kind, struct ort_memory_info **);
    ORT_GAP(70, 75);
    ort_result (*allocator_free)(struct ort_allocator *, void *);
    ORT_GAP(77, 77);
    ort_result (*get_default_allocator)(struct ort_allocator **);
    ORT_GAP(79, 79);
    ort_result (*get_value)(const struct ort_value *, int index, struct ort_allocator *, struct ort_value **);
    ort_result (*get_value_count)(const struct ort_value *, size_t *);
    ORT_GAP(82, 91);
    void (*release_env)(struct ort_env *);
    void (*release_status)(struct ort_status *);
    ORT_GAP(94, 94);
    void (*release_session)(struct ort_session *);
    void (*release_value)(struct ort_value *);
    ORT_GAP(97, 97);
    void (*release_type_info)(struct ort_type_info *);
    void (*release_tensor_info)(struct ort_tensor_info *);
    void (*release_session_options)(struct ort_session_options *);
    ORT_GAP(101, 102);
    ort_result (*get_map_type)(const struct ort_type_info *, const struct ort_map_info **);           /* borrowed */
    ort_result (*get_sequence_type)(const struct ort_type_info *, const struct ort_sequence_info **); /* borrowed */
    ort_result (*get_map_key)(const struct ort_map_info *, int *element);
    ORT_GAP(106, 106);
    ort_result (*get_sequence_element)(const struct ort_sequence_info *, struct ort_type_info **);
    ORT_GAP(108, 129);
    ort_result (*add_session_config)(struct ort_session_options *, const char *key, const char *value);
};

#define ORT_PLACE(member, place)                                                                                       \
    _Static_assert(offsetof(struct ort_api, member) == (place) * sizeof(void *), #member " is entry " #place)
ORT_PLACE(get_error_code, 1);
ORT_PLACE(create_env, 3);
ORT_PLACE(disable_telemetry, 6);
ORT_PLACE(create_session, 7);
ORT_PLACE(run, 9);
ORT_PLACE(create_session_options, 10);
ORT_PLACE(set_execution_mode, 13);
ORT_PLACE(set_graph_optimization_level, 23);
ORT_PLACE(get_input_count, 30);
ORT_PLACE(get_input_type, 33);
ORT_PLACE(get_input_name, 36);
ORT_PLACE(create_tensor, 48);
ORT_PLACE(get_tensor_data, 51);
ORT_PLACE(get_tensor_type, 55);
ORT_PLACE(get_element, 60);
ORT_PLACE(get_element_count, 64);
ORT_PLACE(get_tensor_info, 65);
ORT_PLACE(create_cpu_memory_info, 69);
ORT_PLACE(allocator_free, 76);
ORT_PLACE(get_default_allocator, 78);
ORT_PLACE(get_value, 80);
ORT_PLACE(release_env, 92);
ORT_PLACE(release_status, 93);
ORT_PLACE(release_session, 95);
ORT_PLACE(release_type_info, 98);
ORT_PLACE(release_session_options, 100);
ORT_PLACE(get_map_type, 103);
ORT_PLACE(get_sequence_element, 107);
ORT_PLACE(add_session_config, 130);

/* What the one exported symbol, OrtGetApiBase, returns. */
struct ort_api_base {
    const struct ort_api *(*get_api)(uint32_t version); /* NULL: the library is older than that */
    const char *(*get_version)(void);                   /* "1.30.0" */
};

#endif

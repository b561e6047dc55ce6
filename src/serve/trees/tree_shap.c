#include "serve/trees/tree_shap.h"

#include <math.h>

#include "serve/trees/forest_internal.h"
#include "serve/trees/shap_kernel.h"

/* Splits whose contributions are summed in float32 before they go into float64. */
#define FLUSH_SPLITS 1024
#define LANES_ALIGNMENT sizeof(shap_lanes)

struct tree_shap {
    const struct slots *slots;
    size_t feature_count, output_count;
    double scale;
    const double *biases; /* [output_count] */
    struct shap_tree *trees;
    size_t tree_count;
    const uint32_t *outputs;  /* [tree_count] */
    const uint32_t *features; /* [used_count] that any split looks at */
    size_t used_count;
    size_t scratch_nodes, scratch_points; /* of the largest tree: splits, and (splits + 1) * points */
    const double *weights;                /* gblinear */
    shap_kernel *kernel;
};

/* A node's story from the root, known while the tree is built. */
struct path_entry {
    uint32_t parent, split; /* the parent's index, and this node's among the splits */
    bool is_left;
    uint32_t same;     /* find_same */
    uint32_t features; /* different ones on the path, this split's included */
    double left_share, right_share; /* products with those of the same feature above */
};

struct shap_builder {
    const struct tree_model *model;
    const struct slots *slots;
    struct arena *arena;
    struct tree_shap *shap;
    const uint32_t *sum_of_feature;
    struct error *err;
};

static enum status no_memory(const struct shap_builder *builder)
{
    return error_set(builder->err, ERR_LIMIT, "the explanation of %zu trees does not fit in memory",
                     builder->shap->tree_count);
}

/* Points and weights on [0, 1], by Newton's method on the Legendre polynomial [Abramowitz1964, 25.4.29]. */
static void gauss_legendre(uint32_t count, double *points, double *weights)
{
    for (uint32_t i = 0; i < count; i++) {
        double x = cos(M_PI * ((double)i + 0.75) / ((double)count + 0.5)), slope = 1;
        for (int step = 0; step < 64; step++) {
            double before = 1, value = x;
            for (uint32_t k = 2; k <= count; k++) {
                double next = ((2 * (double)k - 1) * x * value - ((double)k - 1) * before) / (double)k;
                before = value;
                value = next;
            }
            slope = count == 1 ? 1 : (double)count * (x * value - before) / (x * x - 1);
            double move = value / slope;
            x -= move;
            if (fabs(move) < 1e-15)
                break;
        }
        points[i] = (1 + x) / 2;
        weights[i] = count == 1 ? 1 : 1 / ((1 - x * x) * slope * slope);
    }
}

/* Share of the left side; half where the file tells nothing. */
static double left_share(const struct tree *tree, const struct tree_node *node)
{
    double left = tree->nodes[node->left].cover, right = tree->nodes[node->right].cover;
    return left + right > 0 ? left / (left + right) : 0.5;
}

static double expected_value(const struct tree *tree, double *below)
{
    for (uint32_t i = tree->node_count; i-- > 0;) { /* children come behind their parent */
        const struct tree_node *node = &tree->nodes[i];
        double share = node->left == 0 ? 0 : left_share(tree, node);
        below[i] = node->left == 0 ? node->number : share * below[node->left] + (1 - share) * below[node->right];
    }
    return below[0];
}

/* The node whose side leads to `index` from the nearest split above with the same feature; 0 where there is none. */
static uint32_t find_same(const struct tree *tree, const struct path_entry *path, uint32_t index)
{
    uint32_t at = index;
    while (at != 0 && tree->nodes[path[at].parent].feature != tree->nodes[index].feature)
        at = path[at].parent;
    return at;
}

/* The share of the rows that came from the root to `index` by the splits of its own feature. */
static double share_above(const struct path_entry *path, uint32_t same)
{
    if (same == 0)
        return 1;
    const struct path_entry *split = &path[path[same].parent];
    return path[same].is_left ? split->left_share : split->right_share;
}

static uint32_t trace_paths(const struct tree *tree, struct path_entry *path)
{
    uint32_t splits = 0, features_most = 0;
    for (uint32_t i = 0; i < tree->node_count; i++) {
        const struct tree_node *node = &tree->nodes[i];
        path[i].split = SHAP_LEAF;
        if (node->left == 0)
            continue;
        path[i].split = splits++;
        path[node->left].parent = path[node->right].parent = i;
        path[node->left].is_left = true;
        path[node->right].is_left = false;
        path[i].same = find_same(tree, path, i);
        double share = left_share(tree, node), above = share_above(path, path[i].same);
        path[i].left_share = share * above;
        path[i].right_share = (1 - share) * above;
        path[i].features = (i == 0 ? 0 : path[path[i].parent].features) + (path[i].same == 0);
        features_most = MAX_OF(features_most, path[i].features);
    }
    return features_most;
}

static struct shap_node make_node(const struct shap_builder *builder, const struct tree *tree,
                                  const struct path_entry *path, uint32_t index)
{
    const struct tree_node *node = &tree->nodes[index];
    split_code code = slots_of_split(builder->slots, node);
    const struct path_entry *same = &path[path[index].same];
    double share = left_share(tree, node);
    return (struct shap_node){
        .slot = code >> 8,
        .rank = (int32_t)(code & 0xFF),
        .left = path[node->left].split,
        .right = path[node->right].split,
        .left_value = (float)tree->nodes[node->left].number,
        .right_value = (float)tree->nodes[node->right].number,
        .left_share = (float)share,
        .right_share = (float)(1 - share),
        .came_by = path[index].same == 0 ? SHAP_ALWAYS : 1 + 2 * path[same->parent].split + !same->is_left,
        .sum = tree->output * (uint32_t)builder->shap->used_count + builder->sum_of_feature[node->feature],
    };
}

/* t and its derivative at a split whose feature went `share` of the rows' way before. */
static void fill_points(const double *points, uint32_t count, double share, float *ret_points)
{
    for (uint32_t q = 0; q < count; q++) {
        double whole = share * (1 - points[q]) + points[q];
        ret_points[q] = (float)(points[q] / whole);
        ret_points[count + q] = (float)(share / (whole * whole));
    }
}

static enum status fill_tree(const struct shap_builder *builder, const struct tree *tree, struct shap_tree *ret_tree,
                             double *ret_expected)
{
    CLEANUP(arena_done) struct arena scratch;
    arena_init(&scratch, 0);
    struct path_entry *path = arena_array(&scratch, struct path_entry, tree->node_count);
    double *below = arena_array(&scratch, double, tree->node_count);
    if (path == NULL || below == NULL)
        return no_memory(builder);
    *ret_expected = expected_value(tree, below);
    uint32_t splits = tree->node_count / 2, point_count = MAX_OF(1, (trace_paths(tree, path) + 1) / 2);
    double *points = arena_array(&scratch, double, point_count), *weights = arena_array(&scratch, double, point_count);
    struct shap_node *nodes = arena_array(builder->arena, struct shap_node, splits + 1);
    size_t own_count = 1;
    for (uint32_t i = 0; i < tree->node_count; i++)
        own_count += tree->nodes[i].left != 0 && path[i].same != 0;
    float *of_nodes = arena_try_array(builder->arena, own_count, 2 * point_count * sizeof(float));
    float *of_tree = arena_array(builder->arena, float, point_count);
    bool has_points = points != NULL && weights != NULL && of_nodes != NULL && of_tree != NULL;
    if (!has_points || nodes == NULL || own_count * 2 * point_count > UINT32_MAX)
        return no_memory(builder);
    gauss_legendre(point_count, points, weights);
    for (uint32_t q = 0; q < point_count; q++)
        of_tree[q] = (float)weights[q];
    fill_points(points, point_count, 1, of_nodes);
    uint32_t split = 0, point_from = 0;
    for (uint32_t i = 0; i < tree->node_count; i++) {
        if (tree->nodes[i].left == 0)
            continue;
        struct shap_node *node = &nodes[split++];
        *node = make_node(builder, tree, path, i);
        if (path[i].same == 0)
            continue;
        node->point_from = point_from += 2 * point_count;
        fill_points(points, point_count, share_above(path, path[i].same), of_nodes + point_from);
    }
    *ret_tree = (struct shap_tree){ nodes, splits, point_count, of_nodes, of_tree };
    return OK;
}

/* Numbers the features that any split looks at. */
static enum status number_features(struct shap_builder *builder)
{
    const struct tree_model *model = builder->model;
    uint32_t *sum_of_feature = arena_array(builder->arena, uint32_t, model->feature_count + 1);
    uint32_t *features = arena_array(builder->arena, uint32_t, model->feature_count + 1);
    if (sum_of_feature == NULL || features == NULL)
        return no_memory(builder);
    for (size_t i = 0; i < builder->shap->tree_count; i++)
        for (uint32_t k = 0; k < model->trees[i].node_count; k++)
            if (model->trees[i].nodes[k].left != 0)
                sum_of_feature[model->trees[i].nodes[k].feature] = 1;
    for (uint32_t f = 0; f < model->feature_count; f++)
        if (sum_of_feature[f] != 0) {
            sum_of_feature[f] = (uint32_t)builder->shap->used_count;
            features[builder->shap->used_count++] = f;
        }
    builder->sum_of_feature = sum_of_feature;
    builder->shap->features = features;
    return OK;
}

static enum status fill_trees(struct shap_builder *builder, double *biases)
{
    struct tree_shap *shap = builder->shap;
    uint32_t *outputs = arena_array(builder->arena, uint32_t, shap->tree_count + 1);
    shap->trees = arena_array(builder->arena, struct shap_tree, shap->tree_count + 1);
    if (outputs == NULL || shap->trees == NULL)
        return no_memory(builder);
    shap->outputs = outputs;
    for (size_t i = 0; i < shap->tree_count; i++) {
        const struct tree *tree = &builder->model->trees[i];
        double expected = 0;
        if (tree->linear != NULL)
            return error_set(builder->err, ERR_INVALID, "linear trees have no contributions");
        TRY(fill_tree(builder, tree, &shap->trees[i], &expected));
        outputs[i] = tree->output;
        biases[tree->output] += expected * shap->scale;
        size_t nodes = shap->trees[i].node_count;
        shap->scratch_nodes = MAX_OF(shap->scratch_nodes, nodes);
        shap->scratch_points = MAX_OF(shap->scratch_points, (nodes + 1) * shap->trees[i].point_count);
    }
    return OK;
}

enum status tree_shap_new(const struct tree_model *model, size_t tree_count, const struct forest *forest,
                          struct arena *arena, struct tree_shap **ret_shap, struct error *err)
{
    struct tree_shap *shap = arena_new(arena, struct tree_shap);
    struct shap_builder builder = { model, &forest->slots, arena, shap, NULL, err };
    double *biases = arena_array(arena, double, model->output_count);
    if (biases == NULL)
        return no_memory(&builder);
    memcpy(biases, model->base_margins, model->output_count * sizeof *biases);
    *shap = (struct tree_shap){ .slots = &forest->slots, .feature_count = model->feature_count,
                                .output_count = model->output_count, .scale = forest->scale, .biases = biases,
                                .tree_count = tree_count, .weights = forest->weights };
    shap->kernel = shap_kernel_plain;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
        shap->kernel = shap_kernel_avx2;
#endif
    *ret_shap = shap;
    if (shap->weights != NULL)
        return OK;
    TRY(number_features(&builder));
    return fill_trees(&builder, biases);
}

/* `count` vectors from the arena, aligned for the loads of vectors. */
static shap_lanes *lanes_alloc(struct arena *arena, size_t count)
{
    char *bytes = arena_try_array(arena, count + 2, sizeof(shap_lanes));
    if (bytes == NULL)
        return NULL;
    return (shap_lanes *)(void *)(bytes + (LANES_ALIGNMENT - (uintptr_t)bytes % LANES_ALIGNMENT) % LANES_ALIGNMENT);
}

static bool scratch_alloc(const struct tree_shap *shap, struct arena *arena, struct shap_scratch *ret_scratch)
{
    ret_scratch->ways = (shap_mask *)(void *)lanes_alloc(arena, 1 + 2 * shap->scratch_nodes);
    ret_scratch->coefficient = lanes_alloc(arena, shap->scratch_nodes);
    ret_scratch->above = lanes_alloc(arena, shap->scratch_points);
    ret_scratch->factor = lanes_alloc(arena, shap->scratch_points);
    ret_scratch->below = lanes_alloc(arena, shap->scratch_points);
    return ret_scratch->ways != NULL && ret_scratch->coefficient != NULL && ret_scratch->above != NULL &&
           ret_scratch->factor != NULL && ret_scratch->below != NULL;
}

/* Adds the float32 sums to the rows' contributions and clears them. */
static void flush_sums(const struct tree_shap *shap, shap_lanes *sums, size_t rows, double *contributions)
{
    size_t width = shap->feature_count + 1;
    for (size_t k = 0; k < shap->output_count; k++)
        for (size_t u = 0; u < shap->used_count; u++) {
            shap_lanes *sum = &sums[k * shap->used_count + u];
            double *to = contributions + k * width + shap->features[u];
            for (size_t r = 0; r < rows; r++)
                to[r * shap->output_count * width] += (double)(*sum)[r] * shap->scale;
            *sum = (shap_lanes){ 0 };
        }
}

/* Contributions of up to SHAP_LANES rows. */
static void explain_lanes(const struct tree_shap *shap, const int32_t *ranks, const struct shap_scratch *scratch,
                          shap_lanes *sums, size_t rows, double *contributions)
{
    size_t splits = 0, flush_splits = MAX_OF(FLUSH_SPLITS, shap->output_count * shap->used_count);
    for (size_t i = 0; i < shap->tree_count; i++) {
        shap->kernel(&shap->trees[i], ranks, scratch, sums);
        splits += shap->trees[i].node_count;
        if (splits >= flush_splits || i + 1 == shap->tree_count) {
            flush_sums(shap, sums, rows, contributions);
            splits = 0;
        }
    }
}

static void explain_weights(const struct tree_shap *shap, const double *row, double *contributions)
{
    size_t features = shap->feature_count, outputs = shap->output_count;
    for (size_t k = 0; k < outputs; k++) {
        double *to = contributions + k * (features + 1);
        for (size_t f = 0; f < features; f++)
            to[f] = isnan(row[f]) ? 0 : (double)((float)row[f] * (float)shap->weights[f * outputs + k]);
        to[features] += shap->weights[features * outputs + k];
    }
}

enum status tree_shap_explain(const struct tree_shap *shap, const double *values, size_t rows, struct arena *arena,
                              double *ret_contributions, struct error *err)
{
    size_t width = shap->feature_count + 1, row_size = width * shap->output_count;
    memset(ret_contributions, 0, rows * row_size * sizeof *ret_contributions);
    for (size_t i = 0; i < rows * shap->output_count; i++)
        ret_contributions[i * width + width - 1] = shap->biases[i % shap->output_count];
    if (shap->weights != NULL) {
        for (size_t r = 0; r < rows; r++)
            explain_weights(shap, values + r * shap->feature_count, ret_contributions + r * row_size);
        return OK;
    }
    struct shap_scratch scratch;
    size_t rank_count = (size_t)shap->slots->slot_count * SHAP_LANES;
    uint8_t *bytes = arena_array(arena, uint8_t, rank_count + 1);
    int32_t *ranks = (int32_t *)(void *)lanes_alloc(arena, shap->slots->slot_count);
    shap_lanes *sums = lanes_alloc(arena, shap->used_count * shap->output_count);
    if (bytes == NULL || ranks == NULL || sums == NULL || !scratch_alloc(shap, arena, &scratch))
        return error_set(err, ERR_LIMIT, "the explanation does not fit in memory");
    for (size_t r = 0; r < rows; r += SHAP_LANES) {
        size_t count = MIN_OF(rows - r, SHAP_LANES);
        slots_fill_block(shap->slots, values + r * shap->feature_count, shap->feature_count, count, bytes, SHAP_LANES);
        for (size_t i = 0; i < rank_count; i++)
            ranks[i] = bytes[i];
        explain_lanes(shap, ranks, &scratch, sums, count, ret_contributions + r * row_size);
    }
    return OK;
}

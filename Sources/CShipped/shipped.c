#include "shipped.h"

// Standard in C23, and an extension of every Clang since 19 before it.
#pragma clang diagnostic ignored "-Wc23-extensions"

// Paths are relative to this file, which is compiled anew when one of them changes.
static const unsigned char finetuning_cola_yaml[] = {
#embed "../../Recipes/Finetuning/cola.yaml"
};
static const unsigned char finetuning_mnli_yaml[] = {
#embed "../../Recipes/Finetuning/mnli.yaml"
};
static const unsigned char finetuning_mrpc_yaml[] = {
#embed "../../Recipes/Finetuning/mrpc.yaml"
};
static const unsigned char finetuning_qnli_yaml[] = {
#embed "../../Recipes/Finetuning/qnli.yaml"
};
static const unsigned char finetuning_qqp_yaml[] = {
#embed "../../Recipes/Finetuning/qqp.yaml"
};
static const unsigned char finetuning_rte_yaml[] = {
#embed "../../Recipes/Finetuning/rte.yaml"
};
static const unsigned char finetuning_sample_yaml[] = {
#embed "../../Recipes/Finetuning/sample.yaml"
};
static const unsigned char finetuning_sst2_yaml[] = {
#embed "../../Recipes/Finetuning/sst2.yaml"
};
static const unsigned char finetuning_stsb_yaml[] = {
#embed "../../Recipes/Finetuning/stsb.yaml"
};
static const unsigned char finetuning_wnli_yaml[] = {
#embed "../../Recipes/Finetuning/wnli.yaml"
};
static const unsigned char longrange_image_yaml[] = {
#embed "../../Recipes/LongRange/image.yaml"
};
static const unsigned char longrange_image_short_yaml[] = {
#embed "../../Recipes/LongRange/image-short.yaml"
};
static const unsigned char longrange_listops_yaml[] = {
#embed "../../Recipes/LongRange/listops.yaml"
};
static const unsigned char longrange_listops_short_yaml[] = {
#embed "../../Recipes/LongRange/listops-short.yaml"
};
static const unsigned char longrange_pathfinder_yaml[] = {
#embed "../../Recipes/LongRange/pathfinder.yaml"
};
static const unsigned char longrange_pathfinder_short_yaml[] = {
#embed "../../Recipes/LongRange/pathfinder-short.yaml"
};
static const unsigned char longrange_retrieval_yaml[] = {
#embed "../../Recipes/LongRange/retrieval.yaml"
};
static const unsigned char longrange_retrieval_short_yaml[] = {
#embed "../../Recipes/LongRange/retrieval-short.yaml"
};
static const unsigned char longrange_text_yaml[] = {
#embed "../../Recipes/LongRange/text.yaml"
};
static const unsigned char longrange_text_short_yaml[] = {
#embed "../../Recipes/LongRange/text-short.yaml"
};
static const unsigned char pretraining_attentions_yaml[] = {
#embed "../../Recipes/Pretraining/attentions.yaml"
};
static const unsigned char pretraining_base_yaml[] = {
#embed "../../Recipes/Pretraining/base.yaml"
};
static const unsigned char pretraining_english_mini_yaml[] = {
#embed "../../Recipes/Pretraining/english-mini.yaml"
};
static const unsigned char pretraining_english_small_yaml[] = {
#embed "../../Recipes/Pretraining/english-small.yaml"
};
static const unsigned char pretraining_english_yoso_yaml[] = {
#embed "../../Recipes/Pretraining/english-yoso.yaml"
};
static const unsigned char pretraining_long_yaml[] = {
#embed "../../Recipes/Pretraining/long.yaml"
};
static const unsigned char pretraining_mini_yaml[] = {
#embed "../../Recipes/Pretraining/mini.yaml"
};
static const unsigned char pretraining_pairs_512_yaml[] = {
#embed "../../Recipes/Pretraining/pairs-512.yaml"
};
static const unsigned char pretraining_pairs_yaml[] = {
#embed "../../Recipes/Pretraining/pairs.yaml"
};
static const unsigned char pretraining_small_yaml[] = {
#embed "../../Recipes/Pretraining/small.yaml"
};
static const unsigned char pretraining_tiny_yaml[] = {
#embed "../../Recipes/Pretraining/tiny.yaml"
};
static const unsigned char sample_spiece_model[] = {
#embed "../../Vocab/sample/spiece.model"
};

#define SHIPPED(path, bytes) {path, bytes, sizeof bytes}
static const shipped_file files[] = {
    SHIPPED("Recipes/Finetuning/cola.yaml", finetuning_cola_yaml),
    SHIPPED("Recipes/Finetuning/mnli.yaml", finetuning_mnli_yaml),
    SHIPPED("Recipes/Finetuning/mrpc.yaml", finetuning_mrpc_yaml),
    SHIPPED("Recipes/Finetuning/qnli.yaml", finetuning_qnli_yaml),
    SHIPPED("Recipes/Finetuning/qqp.yaml", finetuning_qqp_yaml),
    SHIPPED("Recipes/Finetuning/rte.yaml", finetuning_rte_yaml),
    SHIPPED("Recipes/Finetuning/sample.yaml", finetuning_sample_yaml),
    SHIPPED("Recipes/Finetuning/sst2.yaml", finetuning_sst2_yaml),
    SHIPPED("Recipes/Finetuning/stsb.yaml", finetuning_stsb_yaml),
    SHIPPED("Recipes/Finetuning/wnli.yaml", finetuning_wnli_yaml),
    SHIPPED("Recipes/LongRange/image.yaml", longrange_image_yaml),
    SHIPPED("Recipes/LongRange/image-short.yaml", longrange_image_short_yaml),
    SHIPPED("Recipes/LongRange/listops.yaml", longrange_listops_yaml),
    SHIPPED("Recipes/LongRange/listops-short.yaml", longrange_listops_short_yaml),
    SHIPPED("Recipes/LongRange/pathfinder.yaml", longrange_pathfinder_yaml),
    SHIPPED("Recipes/LongRange/pathfinder-short.yaml", longrange_pathfinder_short_yaml),
    SHIPPED("Recipes/LongRange/retrieval.yaml", longrange_retrieval_yaml),
    SHIPPED("Recipes/LongRange/retrieval-short.yaml", longrange_retrieval_short_yaml),
    SHIPPED("Recipes/LongRange/text.yaml", longrange_text_yaml),
    SHIPPED("Recipes/LongRange/text-short.yaml", longrange_text_short_yaml),
    SHIPPED("Recipes/Pretraining/attentions.yaml", pretraining_attentions_yaml),
    SHIPPED("Recipes/Pretraining/base.yaml", pretraining_base_yaml),
    SHIPPED("Recipes/Pretraining/english-mini.yaml", pretraining_english_mini_yaml),
    SHIPPED("Recipes/Pretraining/english-small.yaml", pretraining_english_small_yaml),
    SHIPPED("Recipes/Pretraining/english-yoso.yaml", pretraining_english_yoso_yaml),
    SHIPPED("Recipes/Pretraining/long.yaml", pretraining_long_yaml),
    SHIPPED("Recipes/Pretraining/mini.yaml", pretraining_mini_yaml),
    SHIPPED("Recipes/Pretraining/pairs-512.yaml", pretraining_pairs_512_yaml),
    SHIPPED("Recipes/Pretraining/pairs.yaml", pretraining_pairs_yaml),
    SHIPPED("Recipes/Pretraining/small.yaml", pretraining_small_yaml),
    SHIPPED("Recipes/Pretraining/tiny.yaml", pretraining_tiny_yaml),
    SHIPPED("Vocab/sample/spiece.model", sample_spiece_model),
};

size_t shipped_count(void) { return sizeof files / sizeof files[0]; }

shipped_file shipped_at(size_t index) { return files[index]; }

/* dcgan.h - train a DCGAN on a folder of pictures and generate pictures from it.
 *
 * This header is the manual of libdcgan. The library never exits, prints or aborts on bad input: every
 * fallible function returns a dcgan_status, and dcgan_error_message() then says what failed, for which
 * file, and what to do. Results come through `ret_` parameters, which are untouched on failure. Every
 * *_free and *_close accepts NULL. An object belongs to one thread at a time; different objects may be
 * used from different threads.
 *
 *     dcgan_config *config;
 *     dcgan_training *training;
 *     if (dcgan_config_create("faces", &config) == DCGAN_OK &&
 *         dcgan_config_add_pictures(config, "my-pictures") == DCGAN_OK &&
 *         dcgan_training_create(config, NULL, NULL, &training) == DCGAN_OK)
 *         dcgan_training_run(training);
 */
#ifndef DCGAN_H
#define DCGAN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DCGAN_API __attribute__((visibility("default")))

/* ---- Errors ------------------------------------------------------------------------------------------ */

typedef enum dcgan_status {
    DCGAN_OK = 0,
    DCGAN_E_USAGE = -1,    /* an argument or a setting is wrong */
    DCGAN_E_INPUT = -2,    /* a file's content cannot be used: pictures, checkpoint, configuration */
    DCGAN_E_IO = -3,       /* reading or writing failed: missing file, permission, full disk */
    DCGAN_E_MEMORY = -4,   /* not enough memory */
    DCGAN_E_DEVICE = -5,   /* the device is missing or failed */
    DCGAN_E_STOPPED = -6,  /* stopped on request; everything is saved */
    DCGAN_E_DIVERGED = -7, /* a loss became NaN or infinite; the last good checkpoint is kept */
} dcgan_status;

/* What the last failed call of this thread has to say: complete sentences, UTF-8, never NULL. */
DCGAN_API const char *dcgan_error_message(void);

/* "1.2.3" */
DCGAN_API const char *dcgan_version(void);

/* Frees the texts and pixels that functions of this header hand out. */
DCGAN_API void dcgan_free(void *memory);

/* ---- Configuration ----------------------------------------------------------------------------------- */

typedef struct dcgan_config dcgan_config;

typedef enum dcgan_setting_type {
    DCGAN_SETTING_INTEGER,
    DCGAN_SETTING_REAL,
    DCGAN_SETTING_BOOLEAN, /* "true" or "false" */
    DCGAN_SETTING_TEXT,
} dcgan_setting_type;

/* One thing that can be set: the source of the command line's flags (`d_steps` is --d-steps), of its
 * help, and of the keys of a configuration file. */
typedef struct dcgan_setting {
    const char *key;
    dcgan_setting_type type;
    double minimum, maximum; /* of a number, both inclusive */
    const char *values;      /* what a text may be, "a|b|c", or its form, "N|WxH"; NULL if anything */
    const char *help;        /* one line */
} dcgan_setting;

/* The settings in their order, then NULL. */
DCGAN_API const dcgan_setting *dcgan_setting_at(size_t index);

/* Names of the presets in their order, then NULL; `ret_help` (may be NULL) gets one line about it. */
DCGAN_API const char *dcgan_preset_at(size_t index, const char **ret_help);

/* A configuration with all settings of a preset ("faces", "scenes", "demo") and no pictures yet. */
DCGAN_API dcgan_status dcgan_config_create(const char *preset, dcgan_config **ret_config);
DCGAN_API void dcgan_config_free(dcgan_config *config);

/* Sets one setting from its text form. Unknown keys and values out of range are refused. */
DCGAN_API dcgan_status dcgan_config_set(dcgan_config *config, const char *key, const char *value);

/* The text form of a setting; to be freed with dcgan_free. */
DCGAN_API dcgan_status dcgan_config_get(const dcgan_config *config, const char *key, char **ret_value);

/* Reads settings (and "pictures") from a JSON file, such as the config.json of a run. All or nothing. */
DCGAN_API dcgan_status dcgan_config_load(dcgan_config *config, const char *path);

/* The embedded data set: 2,048 cartoon faces of 64x64. A path for dcgan_config_add_pictures. */
#define DCGAN_DEMO_FACES "demo:faces"

/* Adds a picture, a folder of pictures (with its sub-folders), or DCGAN_DEMO_FACES. */
DCGAN_API dcgan_status dcgan_config_add_pictures(dcgan_config *config, const char *path);

/* The two nets, their parameters, memory and work per step, as text for people. Allocates no plan, reads
 * no picture. `path` is a run directory, a checkpoint, a generator file or a configuration file. */
DCGAN_API dcgan_status dcgan_describe_config(const dcgan_config *config, char **ret_text);
DCGAN_API dcgan_status dcgan_describe_path(const char *path, char **ret_text);

/* ---- Training ---------------------------------------------------------------------------------------- */

typedef struct dcgan_progress {
    uint64_t step, steps;         /* generator updates done, and planned */
    uint64_t epoch, epochs;       /* 1-based epoch at work, and planned */
    uint64_t batch, batches;      /* 1-based batch within the epoch */
    double loss_d, loss_g;        /* nats */
    double d_real;                /* D(x): mean probability on real pictures, before this D update */
    double d_fake, d_fake_after;  /* D(G(z)) before and after the D update */
    double images_per_second;     /* real pictures, over the last seconds */
    double seconds, seconds_left; /* since training began; estimate, negative while unknown */
} dcgan_progress;

typedef enum dcgan_event_kind {
    DCGAN_EVENT_PICTURES, /* pictures are being read: done of total */
    DCGAN_EVENT_SKIPPED,  /* text: a picture that cannot be used, and why */
    DCGAN_EVENT_NOTE,     /* text: something worth knowing */
    DCGAN_EVENT_WARNING,  /* text: something to act on, with cause and remedy */
    DCGAN_EVENT_STARTED,  /* text: the run directory; progress: where it begins */
    DCGAN_EVENT_STEP,     /* progress: after every step */
    DCGAN_EVENT_EPOCH,    /* progress: an epoch is complete */
    DCGAN_EVENT_SAMPLES,  /* text: path of a picture of samples, relative to the run */
    DCGAN_EVENT_SAVED,    /* text: path of a checkpoint, relative to the run */
    DCGAN_EVENT_FINISHED, /* text: the run directory; progress: where it ended */
} dcgan_event_kind;

typedef struct dcgan_event {
    dcgan_event_kind kind;
    const char *text;               /* or NULL */
    uint64_t done, total;           /* DCGAN_EVENT_PICTURES */
    const dcgan_progress *progress; /* or NULL */
} dcgan_event;

/* Called on the training thread; its pointers are valid during the call only. */
typedef void (*dcgan_event_fn)(void *user, const dcgan_event *event);

typedef struct dcgan_training dcgan_training;

/* Reads the pictures, opens the device and creates the run directory (setting "out"). */
DCGAN_API dcgan_status dcgan_training_create(const dcgan_config *config, dcgan_event_fn on_event, void *user,
                                             dcgan_training **ret_training);

/* Continues a run from its newest whole checkpoint, to the bit what an uninterrupted run gives.
 * `overrides` may be NULL; the settings named in dcgan_resume_setting_at may differ from the run's. */
DCGAN_API dcgan_status dcgan_training_resume(const char *run, const char *const *overrides, size_t override_count,
                                             dcgan_event_fn on_event, void *user, dcgan_training **ret_training);

/* Keys that `overrides` ("key=value") of dcgan_training_resume may set, then NULL. */
DCGAN_API const char *dcgan_resume_setting_at(size_t index);

/* Trains to the end, saving on the way. DCGAN_E_STOPPED after dcgan_training_stop. */
DCGAN_API dcgan_status dcgan_training_run(dcgan_training *training);

/* Asks dcgan_training_run to finish the step at hand, save and return. From any thread or signal handler. */
DCGAN_API void dcgan_training_stop(dcgan_training *training);

/* The run directory, owned by the training. */
DCGAN_API const char *dcgan_training_directory(const dcgan_training *training);

DCGAN_API void dcgan_training_close(dcgan_training *training);

/* ---- Speed -------------------------------------------------------------------------------------------- */

typedef struct dcgan_bench_result {
    char device[96];                    /* what computed: "cpu (AVX-512, 2 threads)" */
    double images_per_second;           /* training: real pictures, at the median step */
    double step_seconds;                /* the median training step */
    double generated_images_per_second; /* at the median batch */
    double pictures_per_second;         /* reading the configuration's pictures; 0 if it names none */
    double peak_memory;                 /* bytes of this process so far */
} dcgan_bench_result;

/* Times `steps` training steps and as many batches of generation with the nets, batch, device and threads of
 * a configuration, on made-up pictures; and reading its pictures, cached or not, if it names any. */
DCGAN_API dcgan_status dcgan_bench(const dcgan_config *config, int steps, dcgan_bench_result *ret_result);

/* ---- Generation -------------------------------------------------------------------------------------- */

typedef struct dcgan_generator dcgan_generator;

typedef struct dcgan_generator_options {
    const char *device; /* "auto", "ref", "cpu"; NULL is "auto" */
    int threads;        /* 0: as many as the machine has cores */
    int max_batch;      /* pictures computed at once; 0: 64 */
} dcgan_generator_options;

typedef struct dcgan_generator_shape {
    int height, width, channels; /* of a picture; channels 1 grey, 3 RGB, 4 RGBA */
    int latent;                  /* length of z */
} dcgan_generator_shape;

/* Loads a generator: a run directory (its newest one), a checkpoint, or a .safetensors file of a
 * DCGAN generator with PyTorch's parameter names (main.0.weight, ...), made here or there. */
DCGAN_API dcgan_status dcgan_generator_open(const char *path, const dcgan_generator_options *options,
                                            dcgan_generator **ret_generator);
DCGAN_API void dcgan_generator_close(dcgan_generator *generator);
DCGAN_API dcgan_generator_shape dcgan_generator_get_shape(const dcgan_generator *generator);

/* Fills ret_z (n, latent) with standard normal numbers. Picture `first + i` of a seed has the same z
 * whatever n is: seed and number name a picture for good. */
DCGAN_API void dcgan_latent(uint64_t seed, uint64_t first, int n, int latent, float *ret_z);

/* z (n, latent) -> ret_pixels (n, height, width, channels), 0..255. Each picture depends on its z alone, but for
 * rounding: few pictures at a time take another way through the net than many, and a level in many thousands may
 * differ by one. */
DCGAN_API dcgan_status dcgan_generator_run(dcgan_generator *generator, const float *z, int n, uint8_t *ret_pixels);

/* The same in floats: ret_images (n, channels, height, width), -1..1, PyTorch's order. */
DCGAN_API dcgan_status dcgan_generator_run_float(dcgan_generator *generator, const float *z, int n, float *ret_images);

typedef struct dcgan_picture {
    int width, height, channels; /* 1 grey, 3 RGB, 4 RGBA */
    uint8_t *pixels;             /* (height, width, channels); to be freed with dcgan_free */
} dcgan_picture;

/* Reads a picture of any format that training reads, upright, as it is. */
DCGAN_API dcgan_status dcgan_read_picture(const char *path, dcgan_picture *ret_picture);

/* A picture in a file of any format that training reads, and what is written below it (NULL: nothing). */
typedef struct dcgan_frame {
    const char *path;
    const char *label;
} dcgan_frame;

/* Puts pictures of one size into one file, told by the name's end: .webp and .gif show them one after the other,
 * `fps` (0.1 to 50) a second, over and over; .png has them side by side. Atomic. */
DCGAN_API dcgan_status dcgan_save_frames(const char *path, const dcgan_frame *frames, size_t count, double fps);

/* Writes pixels (n, height, width, channels) as one PNG, a grid of `columns` (0: near square). Atomic. */
DCGAN_API dcgan_status dcgan_save_png(const char *path, const uint8_t *pixels, int n, int height, int width,
                                      int channels, int columns);

#ifdef __cplusplus
}
#endif
#endif

/* health.c - see health.h. Losses are in nats: a discriminator that only guesses has a loss_d of 2 ln 2 = 1.39. */
#include "train/health.h"

#include <math.h>

/* Overpowering: loss_d stays below this, and has recovered above that. */
#define LOW_LOSS       0.05
#define RECOVERED_LOSS 0.1
#define LOW_STEPS      2000
#define LOSS_SMOOTHING 100 /* steps */

/* Learning rate: more than this share of the steps has losses that no undecided or winning discriminator gives. */
#define FAR_LOSS_D      3.0
#define FAR_LOSS_G      60.0
#define FAR_SHARE       0.1
#define RECOVERED_SHARE 0.02
#define FAR_SMOOTHING   200 /* steps */
#define FAR_STEPS       500

/* Overfitting: on few pictures, over many epochs, D has come to tell them from fakes ever better. */
#define FEW_PICTURES     5000
#define WINDOW_STEPS     50
#define WINDOW_SMOOTHING 10 /* windows */
#define EARLY_WINDOWS    30
#define SURE_GAP         0.75
#define SURE_SIGN        0.9
#define RISE             0.1
#define RECOVERED_GAP    0.6
#define SURE_WINDOWS     20

/* Collapse: the samples are far more alike than they were, and than real pictures are. */
#define EARLY_STEPS         2000
#define SHARE_OF_BEST       0.5
#define SHARE_OF_REAL       0.25
#define HARDLY_ANY          0.05 /* of real pictures: whatever the best was */
#define POOR_EVALUATIONS    3    /* in a row, and over */
#define POOR_STEPS          1000 /* since the first: healthy trainings collapse for some hundred steps and recover */
#define RECOVERED_DIVERSITY 0.35

#define HARDLY_ANY_PICTURES 100

static const dc_warning overpowering = {
    "overpowering",
    "The discriminator wins nearly every time: its loss has been below 0.05 for 2000 steps, so the generator hardly "
    "learns any more. More or more varied pictures help most; --flip if mirrored pictures make sense; or a new run "
    "with a smaller --lr, or with --d-steps 1 if it has more."};

static const dc_warning learning_rate = {
    "learning-rate",
    "The losses are far beyond what guessing would cost, and do not settle: the learning rate is probably too high "
    "for these nets. Start a new run with a smaller --lr, a fifth of it, say."};

static const dc_warning overfitting = {
    "overfitting",
    "The discriminator seems to know its pictures by heart: over many epochs D(x) has risen towards 1 while fakes are "
    "rejected, whatever the generator does. Stop here and look for the best epoch in samples/; then train on more "
    "pictures, or with --flip if mirrored pictures make sense."};

static const dc_warning collapse = {
    "collapse",
    "The generated pictures are much more alike than real ones, and stay so: the generator has collapsed. It may "
    "recover; if it does not, use a generator from before, and start a new run with another --seed, a smaller --lr or "
    "a larger --batch."};

void dc_health_start(dc_health *health, uint32_t pictures)
{
    *health = (dc_health){.pictures = pictures, .lowest_gap = INFINITY};
}

const char *dc_health_note(uint32_t pictures)
{
    if (pictures >= HARDLY_ANY_PICTURES)
        return NULL;
    return "These are few pictures: the discriminator will soon know them by heart, and the generator can do little "
           "more than repeat them. Add some hundreds, or add --flip if mirrored pictures make sense.";
}

/* Moves a mean over about `span` values on by one; the first values are averaged evenly. */
static void smooth(double *mean, double value, uint64_t seen_before, double span)
{
    *mean += (value - *mean) / fmin((double)seen_before + 1, span);
}

/* A run of cases that ends with the first that is not one. */
static uint64_t count_on(uint64_t count, bool goes_on)
{
    return goes_on ? count + 1 : 0;
}

static const dc_warning *judge(bool *told, bool ill, bool recovered, const dc_warning *warning)
{
    if (recovered)
        *told = false;
    if (!ill || *told)
        return NULL;
    *told = true;
    return warning;
}

/* ---- Steps ------------------------------------------------------------------------------------------- */

static void note_losses(dc_health *health, double loss_d, double loss_g)
{
    bool far = loss_d > FAR_LOSS_D || loss_g > FAR_LOSS_G;
    smooth(&health->loss_d, fmin(loss_d, FAR_LOSS_D), health->steps, LOSS_SMOOTHING); /* a spike counts as one step */
    smooth(&health->far_share, far, health->steps, FAR_SMOOTHING);
    health->low_steps = count_on(health->low_steps, health->loss_d < LOW_LOSS);
    health->far_steps = count_on(health->far_steps, health->far_share > FAR_SHARE);
    health->steps++;
}

static void end_window(dc_health *health)
{
    dc_window *window = &health->window;
    smooth(&health->gap, window->gap / (double)window->steps, health->windows, WINDOW_SMOOTHING);
    smooth(&health->sign, window->sign / (double)window->steps, health->windows, WINDOW_SMOOTHING);
    if (++health->windows > WINDOW_SMOOTHING)
        health->lowest_gap = fmin(health->lowest_gap, health->gap);
    bool sure = health->gap > SURE_GAP && health->sign > SURE_SIGN && health->gap > health->lowest_gap + RISE;
    health->sure_windows = count_on(health->sure_windows, sure);
    *window = (dc_window){0};
}

static void note_scores(dc_health *health, const dc_metrics *metrics)
{
    dc_window *window = &health->window;
    if (window->steps >= WINDOW_STEPS && metrics->epoch != window->epoch)
        end_window(health);
    window->epoch = metrics->epoch;
    window->steps++;
    window->gap += metrics->d_real - metrics->d_fake;
    window->sign += metrics->sign_real;
}

const dc_warning *dc_health_step(dc_health *health, const dc_metrics *metrics)
{
    if (!isfinite(metrics->loss_d + metrics->loss_g + metrics->d_real + metrics->d_fake + metrics->sign_real))
        return NULL;
    note_losses(health, metrics->loss_d, metrics->loss_g);
    note_scores(health, metrics);
    /* While the losses are out of bounds, all else that is seen follows from that. */
    const dc_warning *warning = judge(&health->learning_rate, health->far_steps > FAR_STEPS,
                                      health->far_share < RECOVERED_SHARE, &learning_rate);
    if (health->learning_rate)
        return warning;
    warning =
        judge(&health->overpowering, health->low_steps > LOW_STEPS, health->loss_d > RECOVERED_LOSS, &overpowering);
    if (health->overpowering)
        return warning;
    bool known_by_heart =
        health->pictures < FEW_PICTURES && health->windows > EARLY_WINDOWS && health->sure_windows >= SURE_WINDOWS;
    return judge(&health->overfitting, known_by_heart, health->gap < RECOVERED_GAP, &overfitting);
}

/* ---- Samples ----------------------------------------------------------------------------------------- */

const dc_warning *dc_health_samples(dc_health *health, uint64_t step, double diversity)
{
    if (!isfinite(diversity) || step <= health->evaluated_step)
        return NULL;
    health->evaluated_step = step;
    health->best_diversity = fmax(health->best_diversity, diversity);
    if (step < EARLY_STEPS || health->learning_rate)
        return NULL;
    bool poor =
        diversity < HARDLY_ANY || (diversity < SHARE_OF_REAL && diversity < SHARE_OF_BEST * health->best_diversity);
    if (health->poor_evaluations == 0)
        health->poor_since = step;
    health->poor_evaluations = count_on(health->poor_evaluations, poor);
    bool collapsed = health->poor_evaluations >= POOR_EVALUATIONS && step - health->poor_since >= POOR_STEPS;
    return judge(&health->collapse, collapsed, diversity > RECOVERED_DIVERSITY, &collapse);
}

# %% [markdown]
# # OOD Studio in a notebook
#
# What the app and the command line do, from Python: look at images, mine negative labels, compare detectors, draw
# curves. Each `# %%` begins a cell, as Jupyter (with jupytext), VS Code, PyCharm and Spyder read it; results show
# themselves.

# %%
from ood_studio.evaluation.metrics import roc_curve
from ood_studio.figures.roc import roc_figure
from ood_studio.studio import BenchRequest, ExploreRequest, LabelChoice, Studio
from ood_studio.worlds import open_split

COUNT = 200  # images in each set; 2,000 make narrower intervals

studio = Studio()

# %% [markdown]
# ## Images
# A dataset is a named set of images: a split of the bundled world here; `ood_studio.data.open_dataset` opens folders,
# archives, image lists and datasets of the Hub.

# %%
images = open_split("near-ood", seed=1, count=8)
images

# %% [markdown]
# ## What a detector sees in them
# The labels an image is drawn to, every score with its threshold, and a verdict.

# %%
chosen = [(images.caption(index), images.show(index)) for index in range(2)]
explored = studio.explore(ExploreRequest(top=6), chosen)
explored

# %%
{report.name: report.verdict for report in explored.reports}

# %% [markdown]
# ## Negative labels
# Words far from all ID labels (NegMining, NegLabel Eq. 4). Your own ID labels are typed as they come.

# %%
studio.mine(LabelChoice(labels="cat, dog, horse"))

# %% [markdown]
# ## Three detectors on five OOD sets

# %%
request = BenchRequest(suite="diorama", scorers=("neglabel", "mcm", "energy"), count=COUNT)
result = studio.bench(request)
result

# %%
set_name = "near-ood"
curves = {
    scorer: roc_curve(result.id_scores(scorer, set_name), result.scores[scorer][set_name]) for scorer in result.scores
}
roc_figure(curves)

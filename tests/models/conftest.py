import pytest
import torch
from tiny_llama import save_llama

from models.llama import load_llama
from pipeline.store import Store

torch.set_num_threads(1)  # tiny models gain nothing from more, and lose much beside another job


@pytest.fixture(scope="session", params=[3, 4], ids=["Llama 3", "Llama 4"])
def llama(request, tmp_path_factory):
    return load_llama(str(save_llama(tmp_path_factory.mktemp("llama"), request.param)))


@pytest.fixture
def store(tmp_path):
    return Store(f"sqlite:///{tmp_path / 'store.sqlite'}")

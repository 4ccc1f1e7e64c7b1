"""What every suite shares: real servers, fresh databases, real services, waiting by condition."""

"""Golden values of train/train_test.c: numpy's least squares and scikit-learn's logistic regression on twenty rows.

    python tools/golden_linear.py
"""

import numpy as np
from sklearn.linear_model import LinearRegression, LogisticRegression
# 20 rows; first 16 train (time order)
rng=np.random.default_rng(5)
n=20
x=np.round(rng.normal(size=n)*3+10,2); z=np.round(rng.uniform(size=n)*5,2); c=rng.integers(0,3,n)
y=np.round(2*x-3*z+np.array([0,5,-4])[c]+rng.normal(size=n),2)
b=(y>np.median(y)).astype(int)
m=rng.integers(0,3,n); m[:3]=[0,1,2]
x2=x.copy(); x2[4]=np.nan
names=["low","mid","top"]
print("t,x,z,c,y,b,m")
for i in range(n): print(f"{i},{'' if np.isnan(x2[i]) else x2[i]},{z[i]},{names[c[i]]},{y[i]},{['no','yes'][b[i]]},{['A','B','C'][m[i]]}")
tr=slice(0,16)
xf=np.where(np.isnan(x2),np.nanmean(x2[tr]),x2)
oh=np.eye(3)[c]
D=np.column_stack([xf,z,oh])
mu=D[tr].mean(0); sd=D[tr].std(0); S=(D-mu)/sd
A=np.column_stack([S[tr],np.ones(16)])
w=np.linalg.lstsq(A,y[tr],rcond=None)[0]
raw=w[:-1]/sd; bias=w[-1]-(raw*mu).sum()
print("lin",[repr(float(v)) for v in raw],repr(float(bias)))
print("pred",repr(float(D[17]@raw+bias)))
lr=LogisticRegression(C=1.0,tol=1e-14,max_iter=100000,solver="newton-cg").fit(S[tr],b[tr])
raw=lr.coef_[0]/sd; print("log",[repr(float(v)) for v in raw],repr(float(lr.intercept_[0]-(raw*mu).sum())), repr(float(lr.predict_proba(S[17:18])[0,1])))
l3=LogisticRegression(C=1.0,tol=1e-14,max_iter=100000,solver="newton-cg").fit(S[tr],m[tr])
print("p3",[[repr(float(v)) for v in r] for r in l3.predict_proba(S[16:18])])
